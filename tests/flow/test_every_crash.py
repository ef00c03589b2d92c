"""The power goes off before each commit of one invoice's life in turn: the providers end up the same every time."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from adapters.memory.faults import Crash, FaultKind
from connector.domain.asking import is_request
from connector.domain.calendar import ALL_WEEK, Window
from connector.domain.money import Money
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, Office


class _PowerCut:
    """Dies instead of the n-th commit from now on, once."""

    def __init__(self, office: Office) -> None:
        self.commits = 0
        self.at: int | None = None
        event.listen(office.database.engine, "commit", self._commit)

    def _commit(self, _connection: object) -> None:
        self.commits += 1
        if self.commits == self.at:
            raise Crash


def _pay(office: Office) -> None:
    texts = office.texts()
    if texts:
        office.stripe_world.pay(office.link_in(texts[0]))


def _until_calm(office: Office) -> None:
    for _ in range(9):
        office.wait(minutes=10)
        office.run()


def _commits_of(open_office: OpenOffice, folder: str, *, paying: bool) -> int:
    office = open_office(folder)
    office.issue()
    if paying:
        office.run()
        _pay(office)
        office.wait(minutes=1)
    cut = _PowerCut(office)
    office.run()
    return cut.commits


def _cut(office: Office, at: int) -> None:
    cut = _PowerCut(office)
    cut.at = at
    with pytest.raises(Crash):
        office.run()
    office.restart(crashed=True)


def test_a_crash_at_any_commit_around_the_text_leaves_one_text_or_a_question(open_office: OpenOffice) -> None:
    commits = _commits_of(open_office, "whole", paying=False)
    assert commits > 5
    asked = 0
    for at in range(1, commits + 1):
        office = open_office(f"cut{at}")
        invoice = office.issue()
        _cut(office, at)
        _until_calm(office)
        texts = office.texts()
        assert len(texts) <= 1, f"two texts after a crash at commit {at}"
        assert texts or office.attention(), f"no text and nobody told after a crash at commit {at}"
        asked += not texts
        assert len(office.stripe_world.live_links()) == 1, f"links after a crash at commit {at}"
        if texts:
            assert office.reason(invoice) == "step_done"
        assert office.broken() == [], f"records after a crash at commit {at}"
    assert asked <= 1, "only a crash between 'in flight' and the call itself may need a person"


def test_a_crash_at_any_commit_around_the_request_for_consent_leaves_one_request_or_a_question(
    open_office: OpenOffice,
) -> None:
    def prepared(folder: str) -> Office:
        office = open_office(folder, ask=True, max_per_number_per_day=2, window=Window(0, 24 * 60, ALL_WEEK))
        office.issue(office.customer(agrees=False))
        return office

    cut = _PowerCut(whole := prepared("whole"))
    whole.run()
    assert cut.commits > 3
    asked = 0
    for at in range(1, cut.commits + 1):
        office = prepared(f"cut{at}")
        _cut(office, at)
        _until_calm(office)
        requests = office.texts()
        assert [is_request(one) for one in requests] in ([], [True]), f"after a crash at commit {at}"
        assert requests or office.attention(), f"nobody was asked, and nobody told, after a crash at commit {at}"
        asked += not requests
        office.carrier.reply(MOBILE, "YES")
        _until_calm(office)
        assert len(office.texts()) == 2 * len(requests), f"a YES after a crash at commit {at}"
        assert office.broken() == [], f"records after a crash at commit {at}"
    assert asked <= 1, "only a crash between 'in flight' and the call itself may need a person"


def test_a_crash_at_any_commit_around_the_booking_leaves_one_booking_and_one_receipt(open_office: OpenOffice) -> None:
    commits = _commits_of(open_office, "whole", paying=True)
    assert commits > 5
    for at in range(1, commits + 1):
        office = open_office(f"cut{at}")
        invoice = office.issue()
        office.run()
        _pay(office)
        office.wait(minutes=1)
        _cut(office, at)
        _until_calm(office)
        assert office.bookings(invoice) == [DOLLARS], f"bookings after a crash at commit {at}"
        assert len(office.texts()) <= 2, f"two receipts after a crash at commit {at}"
        assert len(office.texts()) == 2 or office.attention(), f"no receipt after a crash at commit {at}"
        assert office.stripe_world.live_links() == []
        assert office.company.queries.counts("acme")["uncertain"] <= 1
        assert office.broken() == [], f"records after a crash at commit {at}"


def test_a_crash_at_any_commit_of_holding_a_payment_still_tells_a_person(open_office: OpenOffice) -> None:
    def prepared(folder: str) -> Office:
        office = open_office(folder)
        invoice = office.issue()
        office.run()
        page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
        assert page is not None
        office.stripe_world.pay_page(page)
        office.wait(minutes=1)
        # The booking is planned, and refused for a while; meanwhile somebody pays by cheque.
        office.ledger_faults.program(FaultKind.FAIL_BEFORE, "book")
        office.run()
        office.ledger_world.pay_by_hand(invoice, Money.of("70.00", "USD"))
        office.wait(minutes=1)
        return office

    first = prepared("whole")
    cut = _PowerCut(first)
    first.run()
    for at in range(1, cut.commits + 1):
        office = prepared(f"cut{at}")
        _cut(office, at)
        _until_calm(office)
        assert any("payment of 120.00 USD" in item for item in office.attention()), f"lost at commit {at}"
        assert office.broken() == [], f"records after a crash at commit {at}"
