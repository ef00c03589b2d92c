"""Whose phone it is: QuickBooks' customers and sub-customers, over HTTP against its stand-in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.rows.quickbooks import QuickBooksHarness, harness


@pytest.fixture
def h() -> Iterator[QuickBooksHarness]:
    with harness() as opened:
        yield opened


def test_a_sub_customer_in_the_changes_carries_its_ancestors_mobile(h: QuickBooksHarness) -> None:
    house = h.add_customer("Hill House", mobile="+12025550199")
    cursor = h.ledger.changes(h.ledger.start_cursor()).cursor
    kitchen = h.add_customer("Kitchen", parent_id=house)
    page = h.ledger.changes(cursor)
    assert [(one.customer_id, one.mobile) for one in page.customers] == [(kitchen, "+12025550199")]


def test_a_mobile_that_is_an_ancestors_is_read_by_the_ancestors_country(h: QuickBooksHarness) -> None:
    house = h.books.add_customer("Hill House", mobile="07700 900123", country="UK", region="Kent", postal_code="CT1")
    kitchen = h.books.add_customer("Kitchen", parent=house, country="France", region="Nord", postal_code="59000")
    [found] = h.ledger.customers([kitchen])
    assert (found.mobile, found.country, found.region, found.postal_code) == ("07700 900123", "GB", "Kent", "CT1")
    h.books.change("Customer", house, BillAddr=None)
    [found] = h.ledger.customers([kitchen])
    assert (found.mobile, found.country, found.region, found.postal_code) == ("07700 900123", None, None, None)


def test_an_inactive_ancestor_lends_no_mobile(h: QuickBooksHarness) -> None:
    house = h.add_customer("Hill House", mobile="+12025550199")
    kitchen = h.add_customer("Kitchen", parent_id=house)
    h.books.change("Customer", house, Active=False)
    [found] = h.ledger.customers([kitchen])
    assert found.mobile is None
    [parent] = h.ledger.customers([house])
    assert not parent.active


def test_parents_in_a_ring_end(h: QuickBooksHarness) -> None:
    one = h.add_customer("One")
    two = h.add_customer("Two", parent_id=one)
    h.books.change("Customer", one, ParentRef={"value": two})
    assert [found.mobile for found in h.ledger.customers([one, two])] == [None, None]


def test_the_owner_may_allow_the_primary_phone(h: QuickBooksHarness) -> None:
    customer = h.books.add_customer("Rosa Diaz", phone="202 555 0100")
    assert h.ledger.customers([customer])[0].mobile is None
    assert h.connect(mobile_field="mobile_or_primary").customers([customer])[0].mobile == "202 555 0100"
