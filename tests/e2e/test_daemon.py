"""`duebird run` as a process of its own against the four stand-ins; what counts is what they have on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.house import SHOPS, Daemon, House

pytestmark = pytest.mark.slow
Start = Callable[..., Daemon]


def test_a_new_invoice_is_texted_once_paid_once_and_booked_once(house: House, start: Start) -> None:
    mobile = {shop.id: shop.mobiles[0] for shop in SHOPS}
    invoices = {shop.id: house.issue(shop, house.customer(shop, mobile[shop.id])) for shop in SHOPS}
    daemon = start().ready()
    for shop in SHOPS:
        daemon.until(lambda shop=shop: house.notices(mobile[shop.id]), f"{shop.id} texts")
        link = house.link_to(mobile[shop.id])
        house.doors.pay(link, "card")
    for shop in SHOPS:
        daemon.until(lambda shop=shop: house.receipts(mobile[shop.id]), f"{shop.id} sends a receipt")
        daemon.until(lambda shop=shop: not house.link_is_active(house.link_to(mobile[shop.id])), "the link is down")
    daemon.passes()
    for shop in SHOPS:
        assert len(house.notices(mobile[shop.id])) == 1
        assert len(house.receipts(mobile[shop.id])) == 1
        assert [float(one) for one in house.bookings(invoices[shop.id])] == [120.0]
        assert house.is_paid(invoices[shop.id])
    code, seconds = daemon.stop()
    assert (code, seconds < 5) == (0, True), daemon.log
