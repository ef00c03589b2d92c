"""What every ledger must do when it is read: miss nothing, repeat harmlessly, tell the ways an invoice ends apart."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from connector.domain.receivable import Receivable, ReceivableState
from tests.contract.harness import LedgerHarness
from tests.contract.ledger_steps import issue, noticed, standing, usd
from tests.contract.looking import Changes, let_pass, look_again, open_pages

GONE = {ReceivableState.VOIDED, ReceivableState.DELETED}


def later_cursor(h: LedgerHarness) -> str:
    """A cursor so long after what was done before that its overlap does not list that again."""
    let_pass(h, timedelta(hours=1))
    return h.ledger.start_cursor()


def digits(text: str | None) -> str:
    return "".join(one for one in text or "" if one.isdigit())


def test_an_invoice_issued_after_the_cursor_was_taken_shows_in_changes(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    cursor = h.ledger.start_cursor()
    customer_id = h.add_customer("Rosa Diaz", mobile="+12025550143")
    ledger_id = h.issue(customer_id, usd(h, "120.00"), number="INV-1042", due_on=date(2026, 12, 1))

    seen = noticed(h, cursor, ledger_id).receivables[ledger_id]

    assert (seen.number, seen.customer_id, seen.customer_name) == ("INV-1042", customer_id, "Rosa Diaz")
    assert seen.total == seen.balance == usd(h, "120.00")
    assert seen.due_on == date(2026, 12, 1)
    assert seen.is_owed
    assert seen.updated_at.utcoffset() == timedelta(0)


def test_the_same_page_again_is_harmless(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    cursor = h.ledger.start_cursor()
    ledger_id = issue(h)

    first = noticed(h, cursor, ledger_id)
    again = Changes(h.ledger, cursor)

    assert again.receivables[ledger_id] == first.receivables[ledger_id]


def test_cursors_lead_on_and_miss_nothing(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    customer_id = h.add_customer("Rosa Diaz")
    cursor = h.ledger.start_cursor()
    for amount in ("10.00", "20.00", "30.00"):
        ledger_id = h.issue(customer_id, usd(h, amount))
        seen = noticed(h, cursor, ledger_id)
        assert ledger_id in seen.receivables
        cursor = seen.cursor


def test_changes_of_more_than_one_page_are_all_listed(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    customer_id = h.add_customer("Rosa Diaz")
    cursor = later_cursor(h)
    issued = {h.issue(customer_id, usd(h, "5.00")) for _ in range(120)}
    seen = look_again(h, lambda: Changes(h.ledger, cursor), lambda seen: issued <= set(seen.receivables))
    assert issued <= set(seen.receivables)


def test_an_edit_changes_version_and_balance(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h, "120.00")
    before = standing(h, ledger_id)
    cursor = later_cursor(h)

    h.edit_amount(ledger_id, usd(h, "95.50"))

    after = standing(h, ledger_id)
    assert after.version != before.version
    assert after.total == after.balance == usd(h, "95.50")
    listed = look_again(
        h,
        lambda: Changes(h.ledger, cursor).receivables.get(ledger_id),
        lambda row: row is not None and row.version == after.version,
    )
    assert listed is not None
    assert listed.balance == usd(h, "95.50")


def test_a_void_is_noticed_and_told_apart_from_paid(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    cursor = later_cursor(h)

    h.void(ledger_id)

    seen = look_again(h, lambda: Changes(h.ledger, cursor), lambda seen: says_gone(seen, ledger_id))
    assert says_gone(seen, ledger_id)
    after = h.ledger.receivable(ledger_id)
    assert after is None or after.state in GONE
    assert after is None or not after.is_owed


def test_a_deletion_is_noticed_and_told_apart_from_paid(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    cursor = later_cursor(h)

    h.delete(ledger_id)

    seen = look_again(h, lambda: Changes(h.ledger, cursor), lambda seen: says_gone(seen, ledger_id))
    assert says_gone(seen, ledger_id)
    after = h.ledger.receivable(ledger_id)
    assert after is None or after.state in GONE


def says_gone(seen: Changes, ledger_id: str) -> bool:
    row = seen.receivables.get(ledger_id)
    return ledger_id in seen.deleted or (row is not None and row.state in GONE)


def test_an_invoice_paid_in_full_by_hand_reads_as_paid(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)

    h.pay_by_hand(ledger_id, usd(h, "120.00"))

    after = standing(h, ledger_id)
    assert after.state is ReceivableState.PAID
    assert after.balance == usd(h, "0.00")
    assert after.total == usd(h, "120.00")


def test_a_payment_by_hand_touches_or_lists_the_invoice(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    cursor = later_cursor(h)

    h.pay_by_hand(ledger_id, usd(h, "20.00"))

    def says_so(seen: Changes) -> bool:
        row = seen.receivables.get(ledger_id)
        return ledger_id in seen.touched or (row is not None and row.balance == usd(h, "100.00"))

    assert says_so(look_again(h, lambda: Changes(h.ledger, cursor), says_so))


def test_a_new_number_of_a_customer_comes_with_the_changes(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    cursor = h.ledger.start_cursor()

    customer_id = h.add_customer("Omar Haddad", mobile="+12025550177")

    seen = look_again(h, lambda: Changes(h.ledger, cursor), lambda seen: customer_id in seen.customers)
    assert digits(seen.customers[customer_id].mobile).endswith("2025550177")


def test_a_sweep_lists_every_open_invoice_once_and_no_other(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    customer_id = h.add_customer("Rosa Diaz", mobile="+12025550143")
    issued = [h.issue(customer_id, usd(h, f"{n}.00"), number=f"INV-{n}") for n in range(1, 121)]
    voided, deleted, paid, part_paid = issued[:4]
    h.void(voided)
    h.delete(deleted)
    h.pay_by_hand(paid, usd(h, "3.00"))
    h.pay_by_hand(part_paid, usd(h, "1.50"))

    def sweep() -> list[Receivable]:
        return [row for page in open_pages(h.ledger) for row in page.receivables]

    rows = look_again(h, sweep, lambda rows: len(rows) == 117)
    assert sorted(row.ledger_id for row in rows) == sorted(issued[3:])
    balances = {row.ledger_id: row.balance for row in rows}
    assert balances[part_paid] == usd(h, "2.50")
    assert balances[issued[-1]] == usd(h, "120.00")


def test_invoices_paid_during_a_sweep_hide_no_others(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    customer_id = h.add_customer("Rosa Diaz", mobile="+12025550143")
    issued = [h.issue(customer_id, usd(h, "5.00"), number=f"INV-{n}") for n in range(120)]
    look_again(h, lambda: sum(len(page.receivables) for page in open_pages(h.ledger)), lambda rows: rows == 120)

    listed = []
    for number, page in enumerate(open_pages(h.ledger)):
        listed += [row.ledger_id for row in page.receivables]
        if number == 0:
            for ledger_id in issued[:10]:
                h.pay_by_hand(ledger_id, usd(h, "5.00"))

    assert set(issued[10:]) <= set(listed)


def test_an_unknown_invoice_is_none(ledger_harness: LedgerHarness) -> None:
    unknown = getattr(ledger_harness, "unknown_id", "999999999")
    assert ledger_harness.ledger.receivable(unknown) is None


def test_customers_come_with_their_mobile_and_unknown_ones_are_left_out(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    rosa = h.add_customer("Rosa Diaz", mobile="+12025550143")
    omar = h.add_customer("Omar Haddad")
    unknown = getattr(h, "unknown_id", "999999999")

    found = {one.customer_id: one for one in h.ledger.customers([rosa, omar, unknown])}

    assert set(found) == {rosa, omar}
    assert digits(found[rosa].mobile).endswith("2025550143")
    assert found[rosa].name == "Rosa Diaz"
    assert found[rosa].active
    assert not found[omar].mobile


@pytest.mark.needs("sub_customers")
def test_a_sub_customer_without_a_mobile_has_its_nearest_ancestors(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    house = h.add_customer("Hill House", mobile="+12025550199")
    kitchen = h.add_customer("Kitchen", parent_id=house)
    tiles = h.add_customer("Tiles", parent_id=kitchen)
    garden = h.add_customer("Garden", mobile="+12025550111", parent_id=house)

    found = {one.customer_id: one for one in h.ledger.customers([kitchen, tiles, garden])}

    assert digits(found[kitchen].mobile).endswith("2025550199")
    assert digits(found[tiles].mobile).endswith("2025550199")
    assert digits(found[garden].mobile).endswith("2025550111")


def test_the_payment_account_is_listed_as_one_that_takes_payments(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    found = {account.account_id: account for account in h.ledger.payment_accounts()}
    assert found[h.payment_account_id].takes_payments
    assert found[h.payment_account_id].active


def test_the_profile_tells_currency_and_closed_period(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    assert h.ledger.profile().base_currency == h.home_currency

    h.close_books_through(date(2026, 10, 31))

    assert h.ledger.profile().closed_through == date(2026, 10, 31)


def test_the_closing_date_is_told_as_it_is_now(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    assert h.ledger.closed_through() is None

    h.close_books_through(date(2026, 10, 31))
    assert h.ledger.closed_through() == date(2026, 10, 31)

    h.close_books_through(date(2026, 11, 30))
    assert h.ledger.closed_through() == date(2026, 11, 30)


def test_versions_of_one_invoice_never_repeat(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    versions = [standing(h, ledger_id).version]
    for amount in ("119.00", "118.00", "119.00"):
        h.edit_amount(ledger_id, usd(h, amount))
        versions.append(standing(h, ledger_id).version)
    assert all(one != other for one, other in pairwise(versions))
