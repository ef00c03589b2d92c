"""The usual kills of `python -m tests.kills`, and that its verdict would notice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import httpx
import pytest

from adapters.sandbox import world
from adapters.sandbox.world import SandboxWorld
from connector.failpoints import POINTS
from tests.e2e.house import NORTH, SHOPS, House
from tests.kills.__main__ import KILLS
from tests.kills.books import Books
from tests.kills.chain import OWNER, house_with_owner, play
from tests.kills.plan import MOMENT, Kill, chains, kills
from tests.kills.verdict import Bill, judged
from tests.kills.witness import Witness

SEED = "1"
CHAINS = chains(SEED, KILLS)


def test_the_usual_number_of_kills_comes_to_every_point_and_to_other_moments() -> None:
    planned = [kill.at for kill in kills(SEED, KILLS)]
    assert set(planned) == POINTS | {MOMENT}
    assert planned.count(MOMENT) >= 8
    assert sum(kill.count for chain in CHAINS for kill in chain) >= KILLS


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(CHAINS)))
def test_killed_at_every_point_and_at_any_moment_it_does_everything_once(number: int, tmp_path: Path) -> None:
    result = play(SEED, number, CHAINS[number], tmp_path)
    again = f"again: python -m tests.kills --seed {SEED} --kills {KILLS} --chain {number}"
    assert result.broken == [], again
    assert {kill.at for kill in CHAINS[number]} <= set(result.kills), again
    assert result.figures["bookings"] + result.figures["reversals"] == result.figures["payments"] > 0
    assert result.figures["audits"] == len(SHOPS)
    # A link made, a text, a booking, a link taken down: at least two of them for each invoice.
    assert result.figures["calls that found their intent on record"] > 2 * result.figures["invoices"]


@pytest.mark.slow
def test_the_verdict_sees_a_second_text_a_lost_booking_and_a_kill_that_never_came(tmp_path: Path) -> None:
    with SandboxWorld() as sandbox:
        house = house_with_owner(tmp_path, sandbox, NORTH)
        first, second = (_bill(house, which) for which in range(2))
        witness = Witness(house)
        assert house.run("run", "--once").returncode == 0
        assert judged(house, [first, second], OWNER, Counter()) == []
        assert (witness.seen, witness.unannounced) == (4, [])  # two links, two texts
        _send_again(house, first)
        assert len(witness.unannounced) == 1
        second.paid = True  # somebody's money came, and nothing followed
        Books(house).charge(NORTH)  # and a fee was taken
        broken = "\n".join(judged(house, [first, second], OWNER, Counter()))
        house.doors.close()
    assert "northside: 1: " in broken  # the audit itself
    assert f"{first.invoice.number} (120.00, open): 2 texts as notice, 0 in doubt" in broken
    assert f"{second.invoice.number} (120.00, paid): booked []" in broken
    assert f"{second.invoice.number} (120.00, paid): 0 texts as owner, 0 in doubt" in broken
    assert f"northside: Customer {second.mobile} owes 120.00, and should owe None" in broken
    assert "northside: Stripe clearing holds None, and should hold -1.25" in broken
    assert "northside: Stripe fees holds None, and should hold 1.25" in broken


def _bill(house: House, which: int) -> Bill:
    mobile = NORTH.mobiles[which]
    return Bill(house.issue(NORTH, house.customer(NORTH, mobile)), mobile, "120.00")


def _send_again(house: House, bill: Bill) -> None:
    """Through Twilio's own door, behind everybody's back."""
    [text] = house.notices(bill.mobile)
    address = f"{house.sandbox.addresses['twilio']}/2010-04-01/Accounts/{world.TWILIO_ACCOUNT}/Messages.json"
    form = {"From": NORTH.seed.number, "To": bill.mobile, "Body": text}
    sent = httpx.post(address, data=form, auth=(world.TWILIO_ACCOUNT, world.TWILIO_TOKEN), trust_env=False)
    assert sent.status_code == httpx.codes.CREATED


@pytest.mark.slow
def test_a_point_that_is_never_reached_is_told_instead_of_passed_over(tmp_path: Path) -> None:
    result = play("never", 0, [Kill("notice.of a kind there is none")], tmp_path, patience=15.0)
    assert result.kills.total() == 0
    assert any("never came to notice.of a kind there is none" in one for one in result.broken)
