"""An audit through the ports, over worlds in which the real flows have worked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.faults import FaultKind
from adapters.memory.reading import MemoryLedgerReader, MemoryMessengerReader, MemoryProcessorReader
from connector.auditing import Audit, Subject, audit, calls_expected, command_for
from connector.domain.invariants import broken
from connector.domain.money import Money
from connector.errors import NeedsReauthorisation, Rejected, Transient
from connector.ports.ledger import BookingRequest
from connector.ports.messenger import TextRequest
from connector.ports.processor import LinkRequest
from connector.ports.records import Links
from tests.flow.office import DOLLARS, MOBILE, Office


class Audited:
    """The readers of an office's worlds, and what they were asked."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.ledger = MemoryLedgerReader(office.ledger_world)
        self.processor = MemoryProcessorReader(office.stripe_world)
        self.messenger = MemoryMessengerReader(office.carrier)
        self.said: list[str] = []

    def audit(self, **since: float) -> Audit:
        office = self.office
        subject = Subject(
            company="acme",
            ledger_kind=office.company.identity.ledger_kind,
            tenant_id=office.company.identity.tenant_id,
            policy=office.policy,
            since=office.clock.now() - timedelta(**(since or {"days": 60})),
            now=office.clock.now(),
        )
        return audit(subject, self.ledger, self.processor, self.messenger, self.said.append)

    def broken(self, **since: float) -> list[tuple[int, str]]:
        result = self.audit(**since)
        return [(one.number, command_for(result.records, one)) for one in broken(result.findings)]


@pytest.fixture
def audited(office: Office) -> Audited:
    return Audited(office)


def paid(office: Office) -> str:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]
    return invoice


def test_a_months_work_is_found_in_order(audited: Audited) -> None:
    office = audited.office
    paid(office)
    office.issue(office.customer("Omar", mobile="+12125550144"))
    office.run()
    office.wait(days=1)
    writes = len([one for one in office.carrier.requests if one.method == "send"])

    result = audited.audit()

    assert broken(result.findings) == ()
    assert (len(result.records.ledger.invoices), len(result.records.ledger.entries)) == (2, 1)
    assert len([one for one in office.carrier.requests if one.method == "send"]) == writes
    assert {"payment links", "payments", "texts"} <= set(audited.said)


def test_everything_that_went_wrong_is_found_with_the_invoice_it_is_about(audited: Audited) -> None:
    office = audited.office
    office.spoilt = {"1", "2", "6", "11"}  # by what this test does as another program would
    paid(office)
    office.issue(office.customer("Omar", mobile="+12125550144"), number="INV 77")
    office.run()
    body = office.carrier.all_texts()[-1].body
    office.carrier.send(TextRequest(office.carrier.all_texts()[-1].to, body, timedelta(hours=1)))
    reference = "DB" + "A2B3C4D5E6F7G2H3I4J"
    unpaid = next(key for key, one in office.ledger_world.invoices.items() if one.latest.number == "INV 77")
    customer = office.ledger_world.standing(unpaid).customer_id
    today, one_dollar = office.ledger_world.today(), Money.of("1.00", "USD")
    office.ledger_world.book(BookingRequest(unpaid, customer, one_dollar, today, "acc1", reference, "", "k"))
    found = audited.broken()
    assert {number for number, _ in found} == {1, 2, 6}
    assert {command for _, command in found} == {"duebird show 'INV 77' --company acme"}


def test_the_calls_that_are_announced_are_about_those_that_are_made(audited: Audited) -> None:
    office = audited.office
    for number in range(3):
        office.issue(office.customer(f"Customer {number}", mobile=f"+1212555014{number}"))
    office.run(2)
    worlds = (office.ledger_world, office.stripe_world, office.carrier)
    before = sum(len(one.requests) for one in worlds)
    audited.audit()
    made = sum(len(one.requests) for one in worlds) - before
    announced = calls_expected(texts=len(office.carrier.all_texts()), open_invoices=3)
    assert made <= announced <= made + 3
    assert calls_expected(texts=1000, open_invoices=500) == announced + 2 * 10 + 2 * 5


def test_a_payment_that_was_never_booked_is_found(audited: Audited) -> None:
    office = audited.office
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert office.owed(invoice) == DOLLARS
    number = office.ledger_world.standing(invoice).number
    assert audited.broken() == [(6, f"duebird show {number} --company acme")]


def test_a_bank_debit_under_way_and_a_failed_one_break_nothing(audited: Audited) -> None:
    office = audited.office
    office.issue()
    office.run()
    session = office.stripe_world.start_debit(office.link_in(office.texts()[0]))
    assert session is not None
    office.wait(minutes=1)
    office.run(2)
    assert audited.broken() == []
    office.stripe_world.finish_debit(session, succeeds=False)
    assert audited.broken() == []


def test_a_customer_without_a_number_or_no_longer_there_is_no_reason_to_stop(audited: Audited) -> None:
    office = audited.office
    customer = office.customer()
    office.issue(customer)
    office.run()
    office.ledger_world.edit_customer(customer, mobile=None)
    result = audited.audit()
    assert broken(result.findings) == ()
    assert any(one.number == 12 for one in result.findings)
    del office.ledger_world.customers[customer]
    assert broken(audited.audit().findings) == ()
    office.spoilt = {"12"}  # a world that forgot its customer cannot tell whose number that was


def test_an_installation_that_has_done_nothing_yet_is_in_order(audited: Audited) -> None:
    assert audited.broken() == []


def test_what_is_about_no_invoice_sends_to_the_list_of_open_matters(audited: Audited) -> None:
    office = audited.office
    office.spoilt = {"12"}
    office.ledger_world.profile = replace(office.ledger_world.profile, tenant_id="other-books")
    assert audited.broken() == [(12, "duebird attention --company acme")]


def test_a_key_that_may_not_read_refunds_leaves_them_out_and_says_so(audited: Audited) -> None:
    office = audited.office
    paid(office)

    class Forbidden(MemoryProcessorReader):
        def refunds_since(self, since: object) -> list[object]:  # type: ignore[override]  # never returns
            del since
            raise NeedsReauthorisation("The key may not read refunds.", service="processor")

    audited.processor = Forbidden(office.stripe_world)
    result = audited.audit()
    assert result.records.processor.refunds is None
    assert broken(result.findings) == ()


def test_nothing_is_concluded_where_a_list_was_not_read_to_its_end(audited: Audited) -> None:
    class Endless(MemoryProcessorReader):
        def our_links(self) -> Links:
            return Links((), whole=False)

    audited.processor = Endless(audited.office.stripe_world)
    with pytest.raises(Rejected, match="nothing was concluded"):
        audited.audit()


def test_an_outage_ends_the_audit_instead_of_half_an_answer(audited: Audited) -> None:
    audited.messenger.faults.program(FaultKind.FAIL_BEFORE, times=9)
    with pytest.raises(Transient):
        audited.audit()


def test_links_of_other_books_on_the_same_account_are_left_alone(audited: Audited) -> None:
    office = audited.office
    metadata = {"duebird_invoice": "other1", "duebird_tenant": "other-books"}
    office.stripe_world.create_link(LinkRequest("REF", DOLLARS, "", "", "", "", "", metadata, "key"))
    office.stripe_world.pay(next(iter(office.stripe_world.live_links())).link.url)
    office.carrier.reply(MOBILE, "hello")
    assert audited.broken() == []
