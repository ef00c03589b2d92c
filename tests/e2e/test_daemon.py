"""`duebird run` as a process of its own against the four stand-ins; what counts is what they have on record."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from adapters.sandbox.base import Fault
from connector.demo.doors import DoorProblem
from tests.e2e.house import NORTH, SALT, SHOPS, Daemon, House, Invoice, Shop, open_effects
from tests.ports import free_port

pytestmark = pytest.mark.slow
Start = Callable[..., Daemon]
both = pytest.mark.parametrize("shop", SHOPS, ids=[shop.ledger for shop in SHOPS])


def bill(house: House, shop: Shop, which: int = 0) -> tuple[Invoice, str]:
    """An invoice to somebody who agreed; with their number."""
    mobile = shop.mobiles[which]
    return house.issue(shop, house.customer(shop, mobile)), mobile


def texted(daemon: Daemon, house: House, mobile: str) -> str:
    """Wait for the notice; returns its link."""
    daemon.until(lambda: house.notices(mobile), f"a text to {mobile}")
    return house.link_to(mobile)


def assert_one_of_each(house: House, invoice: Invoice, mobile: str) -> None:
    assert len(house.notices(mobile)) == 1
    assert [float(amount) for amount in house.bookings(invoice)] == [120.0]
    assert house.is_paid(invoice)
    assert not house.link_is_active(house.link_to(mobile))
    assert len(house.receipts(mobile)) == 1


def finish(daemon: Daemon, house: House, invoice: Invoice, mobile: str) -> None:
    """From a text that is out to the receipt."""
    house.doors.pay(house.link_to(mobile), "card")
    settled(daemon, house, invoice, mobile)


def settled(daemon: Daemon, house: House, invoice: Invoice, mobile: str) -> None:
    """Wait for all that follows from a payment."""
    daemon.until(lambda: house.receipts(mobile), f"a receipt for {invoice.number}")
    daemon.until(lambda: not house.link_is_active(house.link_to(mobile)), f"the link of {invoice.number} is down")


# -------------------------------------------------------------------------------------------------- the main job


def test_a_new_invoice_is_texted_once_paid_once_and_booked_once_and_a_restart_repeats_nothing(
    house: House, start: Start
) -> None:
    billed = [bill(house, shop) for shop in SHOPS]
    daemon = start().ready()
    for _, mobile in billed:
        texted(daemon, house, mobile)
        house.doors.pay(house.link_to(mobile), "card")
    for invoice, mobile in billed:
        settled(daemon, house, invoice, mobile)
    assert daemon.stop() == 0, daemon.log
    assert open_effects(house) == []
    again = start().ready()
    again.passes()
    for invoice, mobile in billed:
        assert_one_of_each(house, invoice, mobile)


def test_whoever_must_not_be_texted_is_not(house: House, start: Start) -> None:
    quiet: list[str] = []
    for shop in SHOPS:
        for which, act in enumerate((house.pay_by_cheque, house.void), 10):
            invoice, mobile = bill(house, shop, which)
            act(invoice)
            quiet.append(mobile)
        house.issue(shop, house.customer(shop, shop.mobiles[20], agrees=False))
        _, stopped = bill(house, shop, 21)
        house.opt_out(shop, stopped)
        _, replied = bill(house, shop, 22)
        house.doors.reply(replied, shop.seed.number, "STOP")
        house.issue(shop, house.customer(shop, None))
        quiet += [shop.mobiles[20], stopped, replied]
    heard = [bill(house, shop, 30)[1] for shop in SHOPS]
    daemon = start().ready()
    for mobile in heard:
        texted(daemon, house, mobile)
    daemon.passes()
    assert {mobile: house.texts(mobile) for mobile in quiet} == {mobile: [] for mobile in quiet}
    assert [len(house.notices(mobile)) for mobile in heard] == [1, 1]


# ------------------------------------------------------------------------------------------ signals and supervisors


def test_stopping_in_the_middle_of_work_leaves_nothing_in_doubt(house: House, start: Start) -> None:
    billed = [bill(house, NORTH, which) for which in range(12)]
    house.sandbox.twilio.faults.append(Fault("delay_after", method="POST", path="Messages", times=12, seconds=0.3))
    daemon = start().ready()
    daemon.until(lambda: any(house.texts(mobile) for _, mobile in billed), "a first text")
    assert daemon.stop() == 0, daemon.log
    assert open_effects(house) == []
    assert sum(len(house.texts(mobile)) for _, mobile in billed) < 12, "it went on instead of stopping"
    house.sandbox.twilio.faults.clear()
    again = start().ready()
    for _, mobile in billed:
        texted(again, house, mobile)
    again.passes()
    assert [len(house.notices(mobile)) for _, mobile in billed] == [1] * 12


def test_a_second_daemon_is_refused_with_the_process_and_host_of_the_first(house: House, start: Start) -> None:
    daemon = start().ready()
    for more in ((), ("--once",)):
        refused = house.run("run", *more)
        assert refused.returncode == 1
        assert f"process {daemon.process.pid} on {socket.gethostname()}" in refused.stderr
        assert "Nothing was started." in refused.stderr
        assert "Traceback" not in refused.stderr
    assert daemon.process.poll() is None


def test_a_reload_takes_a_good_configuration_whole_and_a_broken_one_not_at_all(house: House, start: Start) -> None:
    daemon = start().ready()
    house.write_config(lambda text: text.replace('country = "US"', 'country = "Atlantis"'))
    daemon.hang_up()
    daemon.says("the one before stays")
    assert 'company[1] "northside".country' in daemon.log
    _, mobile = bill(house, NORTH)
    texted(daemon, house, mobile)
    assert NORTH.name in house.notices(mobile)[0]
    house.write_config(
        lambda text: text.replace(f'name = "{NORTH.name}"', f'name = "{NORTH.name}"\ntext_name = "Nords"')
    )
    daemon.hang_up()
    daemon.says("the configuration was read again")
    _, other = bill(house, NORTH, 1)
    texted(daemon, house, other)
    assert "Nords" in house.notices(other)[0]
    assert daemon.stop() == 0


def test_systemd_hears_of_the_start_of_life_of_a_reload_and_of_the_end(start: Start) -> None:
    with tempfile.TemporaryDirectory(prefix="nd") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        address = str(Path(folder) / "notify")
        ear.bind(address)
        ear.setblocking(False)  # noqa: FBT003 -- the library's own signature
        heard: list[str] = []

        def hears(word: str) -> bool:
            try:
                while True:
                    heard.append(ear.recv(4096).decode())
            except BlockingIOError:
                return any(line.startswith(word) for line in heard)

        daemon = start(NOTIFY_SOCKET=address, WATCHDOG_USEC="900000")
        daemon.until(lambda: hears("READY=1"), "READY=1")
        heard.clear()
        daemon.until(lambda: hears("WATCHDOG=1") and len(heard) > 2, "several WATCHDOG=1")
        daemon.hang_up()
        daemon.until(lambda: hears("RELOADING=1\nMONOTONIC_USEC="), "RELOADING=1")
        daemon.until(lambda: hears("READY=1"), "READY=1 after the reload")
        assert daemon.stop() == 0
        assert hears("STOPPING=1")


def test_one_pass_by_hand_does_the_work_once_and_says_when_a_service_is_out_of_reach(house: House) -> None:
    billed = [bill(house, shop) for shop in SHOPS]
    first = house.run("run", "--once")
    assert (first.returncode, first.stderr.count("Traceback")) == (0, 0), first.stderr
    assert house.run("run", "--once").returncode == 0
    assert [len(house.notices(mobile)) for _, mobile in billed] == [1, 1]
    house.sandbox.stripe.faults.append(Fault("status", status=503, times=1000))
    out = house.run("run", "--once")
    assert out.returncode == 75
    assert "Stripe" in out.stderr


# --------------------------------------------------------------------------------------------------------- outages


@pytest.mark.parametrize("outage", ["503", "refused", "silent"])
def test_one_companys_outage_does_not_delay_anothers_text(house: House, start: Start, outage: str) -> None:
    silence = Fault("hold_before", times=1000, seconds=60)
    if outage == "503":
        house.sandbox.xero.faults.append(Fault("status", status=503, times=10_000))
    elif outage == "silent":
        house.sandbox.xero.faults.append(silence)
    else:
        nobody = f"http://127.0.0.1:{free_port()}"
        house.write_config(lambda text: text.replace(house.sandbox.addresses["xero"], nobody))
    bill(house, SALT)
    invoice, mobile = bill(house, NORTH)
    daemon = start().ready()
    texted(daemon, house, mobile)
    finish(daemon, house, invoice, mobile)
    assert_one_of_each(house, invoice, mobile)
    if outage == "silent":
        assert silence.hits, "nobody was kept waiting: nothing was proved"
        house.sandbox.xero.faults.clear()


# ---------------------------------------------------------------------------------------------------------- crashes


@both
def test_two_invoices_of_a_customer_are_one_text_one_payment_and_two_bookings(
    house: House, start: Start, shop: Shop
) -> None:
    mobile = shop.mobiles[0]
    customer = house.customer(shop, mobile)
    bills = [house.issue(shop, customer), house.issue(shop, customer)]
    daemon = start().ready()
    url = texted(daemon, house, mobile)
    [notice] = house.notices(mobile)
    assert "2 invoices" in notice
    assert "240.00" in notice
    house.doors.pay(url, "card")
    daemon.until(lambda: all(house.is_paid(one) for one in bills), "both are paid in the ledger")
    settled(daemon, house, bills[0], mobile)
    assert [[float(each) for each in house.bookings(one)] for one in bills] == [[120.0], [120.0]]
    assert len(house.receipts(mobile)) == 1
    assert "240.00" in house.receipts(mobile)[0]


@both
def test_killed_after_the_service_sent_the_text_but_before_it_answered_sends_no_second(
    house: House, start: Start, shop: Shop
) -> None:
    invoice, mobile = bill(house, shop)
    house.sandbox.twilio.faults.append(Fault("delay_after", method="POST", path="Messages", seconds=30))
    daemon = start().ready()
    daemon.until(lambda: house.notices(mobile), "the text is out, the answer is not")
    daemon.kill()
    assert open_effects(house) == ["send_text"]
    again = start().ready()
    again.until(lambda: open_effects(house) == [], "it is found")
    finish(again, house, invoice, mobile)
    assert_one_of_each(house, invoice, mobile)


@both
def test_killed_after_the_ledger_booked_but_before_it_answered_books_no_second(
    house: House, start: Start, shop: Shop
) -> None:
    invoice, mobile = bill(house, shop)
    daemon = start().ready()
    texted(daemon, house, mobile)
    door = {"quickbooks": ("POST", "/payment$"), "xero": ("PUT|POST", "/Payments$")}[shop.ledger]
    house.twins()[shop.ledger].faults.append(Fault("delay_after", method=door[0], path=door[1], seconds=30))
    house.doors.pay(house.link_to(mobile), "card")
    daemon.until(lambda: house.bookings(invoice), "the booking is there, the answer is not")
    daemon.kill()
    assert open_effects(house) == ["book_payment"]
    again = start().ready()
    again.until(lambda: house.receipts(mobile), "it is found, and a receipt sent")
    again.until(lambda: not house.link_is_active(house.link_to(mobile)), "the link is down")
    assert_one_of_each(house, invoice, mobile)


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_it_never_texts_or_books_twice(house: House, start: Start, seed: int) -> None:
    """Killed after a random number of calls, twice in a row; then left alone."""
    dice = random.Random(seed)  # noqa: S311 -- a test's dice
    shop = dice.choice(SHOPS)
    invoice, mobile = bill(house, shop)
    for _ in range(2):
        enough = partial(_has_made, house, house.calls() + dice.randint(3, 30), mobile)
        daemon = start()
        daemon.until(enough, "some calls")
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait()
    last = start().ready()

    def in_doubt() -> list[str]:
        return open_effects(house, "uncertain")

    def ended() -> bool:
        return bool(house.receipts(mobile)) and not house.link_is_active(house.link_to(mobile))

    # Killed between its note and its call, it cannot know: it looks for minutes before it does anything again.
    last.until(lambda: _pay_if_asked(house, mobile) and (ended() or in_doubt()), "the end, or a doubt")
    if ended() or not in_doubt():  # a doubt may also settle at the second look, a moment after it was seen here
        last.until(lambda: _pay_if_asked(house, mobile) and ended(), "the end")
        assert_one_of_each(house, invoice, mobile)
    last.passes()
    assert len(house.notices(mobile)) <= 1
    assert len(house.bookings(invoice)) <= 1


def _has_made(house: House, calls: int, mobile: str) -> bool:
    return _pay_if_asked(house, mobile) and house.calls() >= calls


def _pay_if_asked(house: House, mobile: str) -> bool:
    """The customer pays as soon as there is a text, once."""
    if house.notices(mobile) and house.link_is_active(house.link_to(mobile)):
        with contextlib.suppress(DoorProblem):  # paid a moment ago
            house.doors.pay(house.link_to(mobile), "card")
    return True
