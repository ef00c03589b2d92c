"""What tests of reversals share: a paid and booked invoice, the owner's orders, and what stands afterwards."""

from __future__ import annotations

from adapters.memory.faults import Crash
from connector.domain.money import Money
from connector.domain.reversal import Cause
from connector.flows.once_more import again_of
from connector.flows.reversal import entries_of, planned
from state.tables import EffectRow
from tests.flow.office import Office

NOTHING = Money.of("0.00", "USD")


def paid(office: Office, *, method: str = "card", customer: str | None = None) -> tuple[str, str]:
    """An invoice whose payment is booked: its ledger id, and the payment's."""
    invoice = office.issue(customer)
    office.run()
    address = office.link_in(office.texts()[-1])
    if method == "card":
        payment = office.stripe_world.pay(address)
    else:
        page = office.stripe_world.start_debit(address, method=method)
        assert page is not None
        office.wait(hours=1)
        office.run()
        office.stripe_world.finish_debit(page, succeeds=True)
        payment = office.stripe_world.pages[page].latest.payment_id
    assert payment is not None
    settle(office)
    assert not office.owed(invoice).is_positive
    return invoice, payment


def settle(office: Office, times: int = 2) -> None:
    office.wait(minutes=1)
    office.run(times)


def undo(office: Office, payment: str, why: str = "a mistake") -> int:
    """The owner's order; how many reversals are new."""
    company = office.company
    entries = entries_of(company.queries, "acme", company.queries.payment_parts("acme", payment))
    wanted = [planned(company.identity, one, cause=Cause.UNDO, by="alice", why=why) for one in entries]
    return company.store.reversals_planned("acme", wanted, office.clock.now())


def rebook(office: Office, payment: str) -> None:
    company = office.company
    wanted = again_of(company.queries, "acme", company.queries.payment_parts("acme", payment))
    assert wanted
    for one in wanted:
        assert one.in_the_way is None or one.order.repeated
        company.store.booking_ordered_again("acme", one.order, office.clock.now(), by="alice")


def until_quiet(office: Office, times: int = 6) -> None:
    """Passes over an hour, and a start after each crash."""
    for _ in range(times):
        try:
            office.run()
        except Crash:
            office.restart(crashed=True)
        office.wait(minutes=11)


def reversals(office: Office, invoice: str) -> list[EffectRow]:
    return [one for one in office.company.queries.effects_of("acme", invoice) if one.kind == "reverse_booking"]


def reverses(office: Office) -> int:
    """How many reversals the books carried out: an entry that died, whoever asked for it."""
    return len([one for one in office.ledger_world.all_entries() if one.booking.state == "deleted"])


def verdict(office: Office, payment: str) -> str:
    row = office.company.queries.payment("acme", payment)
    assert row is not None
    return row.verdict


def told_of(office: Office, word: str) -> list[str]:
    items = office.company.queries.attention("acme")
    return [f"{one.happened} {one.not_done}" for one in items if word in one.happened]


def release(office: Office, invoice: str) -> None:
    assert office.company.store.release("acme", "invoice", invoice, office.clock.now())
