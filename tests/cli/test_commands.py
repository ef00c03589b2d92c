"""The commands as their user meets them, on a state that the engine made."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from adapters.sandbox.base import Fault
from connector.cli.main import app
from tests.cli.desk import NORTH, SALT, Desk, desk
from tests.cli.tree import commands_of
from tests.e2e.house import SECRETS, Invoice

LISTING = ("status", "invoices", "numbers", "attention", "preview", "check")


@pytest.fixture(scope="module")
def open_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Dana has paid one invoice and has another; Sam never agreed; No Phone has none; one number exists twice."""
    with desk(tmp_path_factory.mktemp("desk")) as here:
        paid = here.bill(NORTH, 0, "Dana Reed", number="N-1")
        here.work()
        here.house.doors.pay(here.house.link_to(NORTH.mobiles[0]), "card")
        here.work()
        here.work()
        assert here.house.is_paid(paid)
        here.house.issue(NORTH, paid_customer(here, paid), number="N-2")
        here.bill(NORTH, 1, "Sam [bold]Whitfield", agrees=False, number="N-3")
        here.house.issue(NORTH, here.house.customer(NORTH, None, name="No Phone Ltd"), number="N-4")
        here.bill(NORTH, 2, "Same Number Inc", number="TWIN")
        here.bill(SALT, 2, "Same Number Pty", number="TWIN")
        here.work()
        here.delivered()
        yield here


def paid_customer(here: Desk, invoice: Invoice) -> str:
    kept = here.house.doors.get("quickbooks", "records")["invoices"]
    return next(str(one["customer_id"]) for one in kept if one["id"] == invoice.id)


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[Desk]:
    """Signed in, with empty books."""
    with desk(tmp_path / "desk") as here:
        yield here


def everything_done(here: Desk) -> tuple[list[tuple[str, str]], str]:
    """Every call to a service that is more than a look or a renewed sign-in, and the digest of our database."""
    writes = [
        (one.method, one.path)
        for twin in here.house.twins().values()
        for one in list(twin.requests)
        if one.method != "GET" and not re.search("token|/query$", one.path)  # QuickBooks is asked by POST
    ]
    return writes, hashlib.sha256((here.house.state / "duebird.sqlite3").read_bytes()).hexdigest()


# ------------------------------------------------------------------------------------------------------- looking


def test_show_tells_the_whole_life_in_order_with_ids_that_the_services_know(open_desk: Desk) -> None:
    said = open_desk.type("show", "N-1")
    assert said.code == 0
    told = [
        "Agreed to texts, by form",
        "First seen in QuickBooks",
        "Decided to make a payment link",
        "Payment link made",
        "Text sent to +1•••••0110",
        "Payment of $120.00 by card: booked",
        "Payment booked in the ledger",
        "Decided to send a text: receipt, pi_",
        "Receipt sent",
    ]
    places = [said.words.find(one) for one in told]
    assert -1 not in places, said.out
    lasting = [places[0], places[4], *places[6:]]  # Stripe tells its times in whole seconds
    assert lasting == sorted(lasting)
    assert "Times of America/Los_Angeles" in said.out
    text = open_desk.house.doors.get("twilio", "records", to=NORTH.mobiles[0])["messages"][0]
    entry = open_desk.house.doors.get("quickbooks", "records")["payments"][0]
    assert f"Twilio {text['sid']}" in said.out
    assert f"QuickBooks {entry['id']}" in said.out
    assert "paid" in said.out.splitlines()[1]
    assert NORTH.mobiles[0] not in said.out


def test_an_invoice_of_two_companies_is_shown_for_both(open_desk: Desk) -> None:
    said = open_desk.type("show", "TWIN", "--json")
    assert {one["company"]: one["timezone"] for one in said.json} == {NORTH.id: NORTH.zone, SALT.id: SALT.zone}


def test_every_open_invoice_is_listed_with_why_it_gets_a_text_or_not(open_desk: Desk) -> None:
    listed = {one["number"]: one["reason"] for one in open_desk.type("invoices", "--json").json}
    assert listed == {
        "N-2": "daily_cap",
        "N-3": "no_consent",
        "N-4": "no_mobile",
        "TWIN": "step_done",
    }
    assert "N-1" in open_desk.type("invoices", "--all").out
    screen = open_desk.type("invoices", "--company", NORTH.id).out
    assert "Sam [bold]Whitfield" in screen, "a customer's name is no markup"
    assert "had its text for today; not before" in " ".join(screen.split())
    assert max(len(line) for line in screen.splitlines()) <= 80


def test_a_long_list_says_how_to_see_the_rest(open_desk: Desk) -> None:
    said = open_desk.type("invoices", "--company", NORTH.id, "--limit", "2")
    (more,) = [line for line in said.out.splitlines() if line.startswith("There are more. See them with: duebird ")]
    assert f"invoices --company {NORTH.id} --limit 2 --offset 2 --config" in more
    assert "4 invoices, " in said.out
    rest = open_desk.type("invoices", "--company", NORTH.id, "--offset", "2", "--json").json
    assert len(rest) == 2


def test_status_says_what_is_out_what_was_called_and_when_a_sign_in_ends(open_desk: Desk) -> None:
    said = open_desk.type("status")
    assert "Duebird is not running. Start it: duebird run" in said.out
    facts = open_desk.type("status", "--json").json["companies"][NORTH.id]
    assert (facts["counts"]["open"], facts["counts"]["booked"], facts["connected"]) == (4, 1, True)
    assert facts["budgets"]["quickbooks"]["used"] > 0
    assert [one["what"] for one in facts["sign_in"]] == ["access", "idle", "hard"]
    assert re.search(r"sign-in +ends \d\d \w+ \d{4}: somebody must sign in again", said.out)


def test_a_clock_that_is_off_is_shown_until_it_is_right_again(own_desk: Desk) -> None:
    def services_say(offset: int) -> None:
        for service in ("quickbooks", "xero", "stripe", "twilio"):
            own_desk.house.doors.post(service, "clock", offset_seconds=offset)
        own_desk.work()

    services_say(0)
    assert "this computer's clock" not in own_desk.type("status").words
    services_say(900)
    assert "this computer's clock is off by" in own_desk.type("status").words
    assert 890 < own_desk.type("status", "--json").json["companies"][NORTH.id]["clock_off_by_seconds"] < 910
    services_say(0)
    assert "this computer's clock" not in own_desk.type("status").words


@pytest.mark.parametrize("command", LISTING)
def test_what_is_listed_can_be_read_by_programs_too(open_desk: Desk, command: str) -> None:
    said = open_desk.type(command, "--json")
    assert said.code == 0
    assert isinstance(said.json, list | dict)


@pytest.mark.parametrize("command", [*LISTING, "show N-1", "show N-3", "consent show +15035550110 --company northside"])
def test_no_screen_shows_a_secret_or_a_whole_number_or_is_wider_than_it_should_be(
    open_desk: Desk, command: str
) -> None:
    for more in ((), ("--json",)):
        said = open_desk.type(*command.split(), *more)
        shown = said.out + said.err
        for secret in (*SECRETS.values(), *NORTH.mobiles[:3], *SALT.mobiles[:3]):
            assert secret not in shown
        if not more:
            assert max((len(line) for line in said.out.splitlines()), default=0) <= 80, said.out


# ------------------------------------------------------------------------------------------------------- preview


def local_day(instant: str) -> date:
    """The day it is then where the customers of that company live."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(NORTH.zone)).date()


def test_a_preview_changes_nothing_at_any_service_and_nothing_on_record(open_desk: Desk) -> None:
    before = everything_done(open_desk)
    assert open_desk.type("preview").code == 0
    assert everything_done(open_desk) == before


def test_a_preview_gives_a_reason_for_every_open_invoice_that_gets_no_text(open_desk: Desk) -> None:
    found = {one["invoice"]: one for one in open_desk.type("preview", "--json").json[NORTH.id]}
    assert {number: one["why"] for number, one in found.items() if not one["body"]} == {
        "N-3": "no consent on record for this number",
        "N-4": "the customer has no mobile number in the ledger",
    }
    assert local_day(found["N-2"]["when"]) > local_day(datetime.now(UTC).isoformat()), "one text a day"
    assert (found["N-2"]["segments"], found["N-2"]["price"]) == (1, "0.0083 USD")
    assert found["N-2"]["cost"] == {"amount": "0.0083", "currency": "USD"}
    assert "a payment of $120.00 on invoice N-2, received in Stripe clearing" in found["N-2"]["entry"]


def test_a_preview_tells_what_each_text_costs_and_all_together(open_desk: Desk) -> None:
    said = open_desk.type("preview", "--company", NORTH.id).words
    going = [one for one in open_desk.type("preview", "--json").json[NORTH.id] if one["body"]]
    assert said.count("1 segment, about 0.0083 USD") == len(going)
    assert f"{len(going)} texts to come for about {Decimal('0.0083') * len(going)} USD," in said


def test_a_preview_has_the_very_words_that_are_then_sent_and_keeps_to_one_text_a_day(own_desk: Desk) -> None:
    own_desk.house.write_config(lambda text: text.replace("[company.notices]", "[company.notices]\njoint = false"))
    first = own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.house.issue(NORTH, paid_customer(own_desk, first), number="A-2")
    soon, later = own_desk.type("preview", "--json").json[NORTH.id]
    assert (soon["invoice"], later["invoice"]) == ("A-1", "A-2")
    assert local_day(soon["when"]) < local_day(later["when"])
    assert "Reply STOP" in soon["body"]
    assert "Reply STOP" not in later["body"]
    own_desk.type("pause")
    own_desk.work()
    own_desk.type("hold", "A-2")  # which of two new invoices gets its link first is the processor's affair
    own_desk.type("resume")
    own_desk.work()
    (sent,) = own_desk.house.texts(NORTH.mobiles[0])
    assert sent.rsplit(maxsplit=1)[0] == soon["body"].rsplit(maxsplit=1)[0]


def test_a_preview_shows_the_one_text_about_both_invoices_of_a_customer_in_its_very_words(own_desk: Desk) -> None:
    first = own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.house.issue(NORTH, paid_customer(own_desk, first), number="A-2")
    soon, other = own_desk.type("preview", "--json").json[NORTH.id]
    assert (soon["invoice"], other["invoice"], other["body"]) == ("A-1, A-2", "A-2", "")
    assert "in the text about A-1, A-2" in other["why"]
    own_desk.work()
    (sent,) = own_desk.house.texts(NORTH.mobiles[0])
    assert sent.rsplit(maxsplit=1)[0] == soon["body"].rsplit(maxsplit=1)[0]


def test_one_companys_books_out_of_reach_do_not_hide_the_others_preview(own_desk: Desk) -> None:
    own_desk.bill(NORTH, 0, "Dana Reed")
    own_desk.type("disconnect", SALT.id, "--only-here")
    said = own_desk.type("preview")
    assert said.code == 1
    assert "Dana Reed" in said.out
    assert "duebird connect saltbush" in said.err


# ------------------------------------------------------------------------------------------------------- deciding


def test_what_is_held_gets_no_text_until_it_is_released(own_desk: Desk) -> None:
    own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.bill(NORTH, 1, "Otis Freeman", number="A-2")
    own_desk.type("pause")
    own_desk.work()
    assert own_desk.type("hold", "A-1", "--why", "pays on Friday").code == 0
    assert own_desk.type("hold", "otis freeman", "--customer").code == 0
    own_desk.type("resume")
    own_desk.work()
    assert own_desk.house.texts(NORTH.mobiles[0]) + own_desk.house.texts(NORTH.mobiles[1]) == []
    assert "held since" in own_desk.type("show", "A-1").out
    assert "pays on Friday" in own_desk.type("show", "A-1").out
    assert own_desk.type("release", "A-1").out == "Released: invoice A-1 of Dana Reed.\n"
    assert own_desk.type("release", "Otis Freeman", "--customer", "--json").json["done"] == "released"
    own_desk.work()
    assert [len(own_desk.house.notices(mobile)) for mobile in NORTH.mobiles[:2]] == [1, 1]
    again = own_desk.type("release", "A-1")
    assert (again.code, again.err) == (1, "Not held: invoice A-1 of Dana Reed. Nothing was changed.\n")


CLOSED = '{"Fault": {"Error": [{"Message": "Account period closed", "code": "6210"}], "type": "ValidationFault"}}'


def test_a_refused_booking_asks_for_a_person_and_is_made_once_by_the_command_they_are_told(own_desk: Desk) -> None:
    house = own_desk.house
    invoice = own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.work()
    house.doors.pay(house.link_to(NORTH.mobiles[0]), "card")
    house.sandbox.quickbooks.faults.append(Fault("status", method="POST", path="/payment$", status=400, body=CLOSED))
    own_desk.type("run", "--once")
    assert house.bookings(invoice) == []
    (item,) = own_desk.type("attention", "--json").json
    assert "A-1" in item["happened"]
    assert "duebird retry" in own_desk.type("show", "A-1").words
    assert own_desk.type("status").words.count("1 thing. Type: duebird attention") == 1
    typed = item["command"].split()
    assert typed[:2] == ["duebird", "retry"]
    ordered = own_desk.type(*typed[1:])
    assert (ordered.code, ordered.err) == (0, "")
    assert own_desk.type("attention").out == "Nothing needs you.\n"
    own_desk.work()
    assert [float(amount) for amount in house.bookings(invoice)] == [120.0]
    again = own_desk.type(*typed[1:])
    assert (again.code, "there is nothing to retry. Nothing was changed." in again.err) == (1, True)


def test_a_payment_of_a_closed_day_waits_and_its_item_names_both_ways_on(own_desk: Desk) -> None:
    house = own_desk.house
    invoice = own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.work()
    house.doors.pay(house.link_to(NORTH.mobiles[0]), "card")
    [realm] = house.sandbox.quickbooks.realms.values()
    realm.settings.close_date = "2999-12-31"
    own_desk.type("run", "--once")
    (item,) = own_desk.type("attention", "--json").json
    assert "A-1" in item["happened"]
    assert "the books are closed through 2999-12-31" in item["happened"]
    assert "Open the books" in item["not_done"]
    again = own_desk.type(*item["command"].split()[1:], "--first-open-day")
    assert (again.code, again.err) == (0, "")
    own_desk.type("run", "--once")
    assert house.bookings(invoice) == []  # never on a day to come
    (item,) = own_desk.type("attention", "--json").json
    realm.settings.close_date = None
    own_desk.type(*item["command"].split()[1:])
    own_desk.work()
    assert [float(amount) for amount in house.bookings(invoice)] == [120.0]
    assert own_desk.type("attention").out == "Nothing needs you.\n"


def test_a_payment_after_a_cheque_becomes_a_credit_by_the_command_its_item_names(own_desk: Desk) -> None:
    house = own_desk.house
    invoice = own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.work()
    address = house.link_to(NORTH.mobiles[0])
    house.pay_by_cheque(invoice)
    house.doors.pay(address, "card")
    own_desk.type("run", "--once")
    (question,) = own_desk.type("attention", "--json").json  # of the same minute: it might be the payment itself
    assert "Cheque 7" in question["happened"]
    own_desk.type(*question["command"].split()[1:])
    own_desk.work()
    (item,) = own_desk.type("attention", "--json").json
    command = item["not_done"].rpartition("customer's credit: ")[2].split()
    assert command[:2] == ["duebird", "credit"]
    ordered = own_desk.type(*command[1:])
    assert (ordered.code, ordered.err) == (0, "")
    assert "120.00 USD" in ordered.out
    assert own_desk.type("attention").out == "Nothing needs you.\n"
    own_desk.work()
    (told,) = own_desk.type("attention", "--json").json
    assert "an unapplied payment in QuickBooks" in told["happened"]
    again = own_desk.type(*command[1:])
    assert (again.code, "does not wait for you. Nothing was changed." in again.err) == (1, True)
    assert "Customer's credit booked in the ledger" in own_desk.type("show", "A-1").words
    undo = told["not_done"].rpartition("out of the ledger: ")[2].split()
    assert undo[:2] == ["duebird", "undo"]
    undone = own_desk.type(*undo[1:])
    assert (undone.code, undone.err) == (0, "")
    own_desk.work()
    assert [one["status"] for one in house.doors.get("quickbooks", "records")["payments"]] == ["live", "voided"]


def test_what_somebody_else_has_booked_is_adopted_by_the_command_its_item_names_and_is_not_undone(
    own_desk: Desk,
) -> None:
    house = own_desk.house
    invoice = own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.work()
    house.doors.pay(house.link_to(NORTH.mobiles[0]), "card")
    house.pay_by_cheque(invoice)
    own_desk.type("run", "--once")
    (item,) = own_desk.type("attention", "--json").json
    key = item["command"].split()[2]
    other = own_desk.type("retry", key, "--already-booked", "999")
    assert (other.code, "It does not ask about an entry 999. Nothing was changed." in other.err) == (1, True)
    adopt = item["not_done"].partition("If it is that entry: ")[2].partition(" If it is another")[0].split()
    assert (adopt[:3], adopt[3]) == (["duebird", "retry", key], "--already-booked")
    ordered = own_desk.type(*adopt[1:])
    assert (ordered.code, ordered.err) == (0, "")
    own_desk.work()
    (told,) = own_desk.type("attention", "--json").json
    assert "is in another account" in told["happened"]  # undeposited funds, where a cheque goes
    assert [float(amount) for amount in house.bookings(invoice)] == [120.0]
    shown = own_desk.type("show", "A-1").words
    assert "booked already by somebody else in the ledger; not booked again" in shown
    (payment,) = {word.rstrip(",") for word in shown.split() if word.startswith("pi_")}
    undone = own_desk.type("undo", payment)
    assert (undone.code, f"(entry {adopt[4]})" in undone.err) == (1, True)
    assert "Duebird takes out only its own entries. Nothing was changed." in " ".join(undone.err.split())


def reference_of(desk: Desk) -> str:
    """What the one payment that stands in QuickBooks carries."""
    payments = desk.house.doors.get("quickbooks", "records")["payments"]
    (reference,) = {one["reference"] for one in payments if one["status"] == "live"}
    return str(reference)


def test_a_booking_is_undone_and_booked_again_by_the_commands_its_items_name(own_desk: Desk) -> None:
    house = own_desk.house
    invoice = own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.work()
    house.doors.pay(house.link_to(NORTH.mobiles[0]), "card")
    own_desk.work()
    assert [float(amount) for amount in house.bookings(invoice)] == [120.0]
    (payment,) = {word for word in own_desk.type("show", "A-1").words.split() if word.startswith("pi_")}
    ordered = own_desk.type("undo", payment, "--why", "the wrong invoice")
    assert (ordered.code, ordered.err) == (0, "")
    assert "120.00 USD" in ordered.out
    again = own_desk.type("undo", payment)
    assert (again.code, "That is ordered already" in again.err) == (1, True)
    own_desk.work()
    assert house.bookings(invoice) == []
    (told,) = own_desk.type("attention", "--json").json
    assert "the wrong invoice" in told["happened"]
    release, rebook = (part.split(".")[0].split() for part in told["not_done"].split("duebird ")[1:])
    assert (release[:2], rebook[:2]) == (["release", "A-1"], ["rebook", payment])
    shown = own_desk.type("show", "A-1").words
    assert "Entry taken out of the ledger" in shown
    assert "the wrong invoice" in shown
    over = own_desk.type("undo", payment)
    assert (over.code, "was taken out of the ledger already. Nothing was changed." in over.err) == (1, True)
    booked = own_desk.type(*rebook)
    assert (booked.code, booked.err) == (0, "")
    own_desk.work()
    assert [float(amount) for amount in house.bookings(invoice)] == [120.0]
    assert own_desk.type("attention").out == "Nothing needs you.\n"
    standing = own_desk.type("rebook", payment)
    assert (standing.code, "was taken out of the ledger. Nothing was changed." in standing.err) == (1, True)
    by_reference = own_desk.type("undo", reference_of(own_desk))
    assert (by_reference.code, by_reference.err) == (0, "")
    own_desk.work()
    assert house.bookings(invoice) == []


def test_a_booking_is_not_booked_again_while_a_credit_of_its_payment_stands_and_the_command_before_is_named(
    own_desk: Desk,
) -> None:
    house = own_desk.house
    invoice = own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.work()
    address = house.link_to(NORTH.mobiles[0])
    house.pay_by_cheque(invoice, "50.00")
    house.doors.pay(address, "card")
    own_desk.work()
    (payment,) = {word for word in own_desk.type("show", "A-1").words.split() if word.startswith("pi_")}
    own_desk.type("credit", payment)
    own_desk.work()
    assert sorted(float(amount) for amount in house.bookings(invoice)) == [50.0, 70.0]
    ours = [one for one in house.doors.get("quickbooks", "records")["payments"] if one["reference"].startswith("DB")]
    booking, credit = sorted(ours, key=lambda one: str(one["reference"]).startswith("DBC"))
    own_desk.type("undo", booking["reference"])
    own_desk.work()
    refused = own_desk.type("rebook", payment)
    assert refused.code == 1
    assert f"A credit of 50.00 USD of the payment {payment} still stands in the ledger" in refused.err
    assert f"duebird undo {credit['reference']} --company northside" in refused.err
    own_desk.type("undo", credit["reference"])
    own_desk.work()
    booked = own_desk.type("rebook", payment)
    assert (booked.code, booked.err) == (0, "")
    own_desk.work()
    assert sorted(float(amount) for amount in house.bookings(invoice)) == [50.0, 70.0]


def test_what_a_person_has_settled_is_taken_off_the_list_by_its_name(own_desk: Desk) -> None:
    for which in range(2):
        own_desk.bill(NORTH, which, f"Customer {which}", number=f"A-{which}")
    own_desk.work()
    for mobile in NORTH.mobiles[:2]:
        said = {"from": mobile, "to": NORTH.seed.number, "body": "Is this from you?"}
        own_desk.house.doors.post("twilio", "inbound", **said)
    own_desk.work()
    first, second = own_desk.type("attention", "--json").json
    assert own_desk.type("attention").words.count(first["item"]) == 1
    closed = own_desk.type("attention", "--close", first["item"].lower())
    assert (closed.code, closed.out[:7]) == (0, "Closed:")
    assert [one["item"] for one in own_desk.type("attention", "--json").json] == [second["item"]]
    assert own_desk.type("attention", "--close", first["item"]).code == 1


def test_landlines_are_one_item_that_names_whom_they_keep_from_being_texted(own_desk: Desk) -> None:
    own_desk.house.doors.post("twilio", "landlines", numbers=list(NORTH.mobiles[:2]))
    for which in range(2):
        own_desk.bill(NORTH, which, f"Customer {which}", number=f"A-{which}")
    own_desk.work()
    [item] = own_desk.type("attention", "--json").json
    assert "2 customers with 2 open invoices cannot be texted" in item["happened"]
    assert "Customer 0 (A-0), Customer 1 (A-1)." in item["happened"]


# -------------------------------------------------------------------------------------------------------- consent

ROWS = """\
phone,agreed_on,method,wording,evidence
+15035550130,2026-10-01,form,You may text me,form 1
12,2026-10-01,form,You may text me,
+15035550131,yesterday,form,You may text me,
+15035550132,2131-01-01,form,You may text me,
+15035550133,2026-10-01,smoke,You may text me,
+15035550134,2026-10-01,form,,
"""


def test_a_list_with_five_bad_rows_names_each_and_imports_none(own_desk: Desk, tmp_path: Path) -> None:
    rows = tmp_path / "list.csv"
    rows.write_text(ROWS, encoding="utf-8")
    said = own_desk.type("consent", "import", str(rows), "--company", NORTH.id)
    assert said.code == 1
    assert re.findall(r"^Row (\d)", said.err, re.MULTILINE) == ["3", "4", "5", "6", "7"]
    assert "Nothing was imported." in said.err
    shown = own_desk.type("consent", "show", "+15035550130", "--company", NORTH.id)
    assert "gets no texts" in shown.out
    rows.write_text("".join(ROWS.splitlines(keepends=True)[:2]), encoding="utf-8")
    dry = own_desk.type("consent", "import", str(rows), "--company", NORTH.id, "--dry-run")
    assert (dry.code, "Nothing was imported (dry run)." in dry.out) == (0, True)
    counts = [
        own_desk.type("consent", "import", str(rows), "--company", NORTH.id, "--json").json["new"] for _ in range(2)
    ]
    assert counts == [1, 0]


def test_a_consent_can_be_given_and_taken_by_hand(own_desk: Desk) -> None:
    own_desk.bill(NORTH, 5, "Sam Whitfield", agrees=False)
    number = NORTH.mobiles[5]
    own_desk.work()
    assert own_desk.house.texts(number) == []
    own_desk.type("consent", "add", number, "--company", NORTH.id, "--wording", "Texts are fine")
    own_desk.type("consent", "revoke", number, "--company", NORTH.id, "--evidence", "called")
    refused = own_desk.type("consent", "add", number, "--company", NORTH.id)
    assert refused.code == 1
    assert "wanted no more texts on" in refused.err
    assert "Nothing was recorded" in refused.err
    bare = own_desk.type("consent", "add", number, "--company", NORTH.id, "--anew")
    assert (bare.code, "--anew needs --evidence" in bare.err) == (2, True)
    own_desk.work()
    assert own_desk.house.texts(number) == []
    own_desk.type("consent", "add", number, "--company", NORTH.id, "--anew", "--evidence", "on the phone, 3 May")
    own_desk.work()
    assert len(own_desk.house.notices(number)) == 1
    assert "agrees to texts" in own_desk.type("consent", "show", number, "--company", NORTH.id).out


# ---------------------------------------------------------------------------------------------------- wrong input


@pytest.mark.parametrize(
    ("typed", "code", "sentence"),
    [
        ("status --company nobody", 2, 'There is no company "nobody"'),
        ("invoices --company nobody", 2, "There are: northside, saltbush."),
        ("connect nobody", 2, 'There is no company "nobody"'),
        ("disconnect nobody", 2, 'There is no company "nobody"'),
        ("check nobody", 2, 'There is no company "nobody"'),
        ("show NOPE", 1, "No invoice NOPE is on record.\nSee those there are: duebird invoices --all"),
        ("hold NOPE", 1, "No invoice NOPE is on record. Nothing was changed."),
        ("hold NOPE --customer", 1, "No customer NOPE is on record. Nothing was changed."),
        ("hold TWIN", 1, "Several invoices are called TWIN. Nothing was changed.\nUse the id, with --company:"),
        ("release N-2", 1, "Not held: invoice N-2 of Dana Reed. Nothing was changed."),
        ("retry NOPE", 1, "Nothing on record is named NOPE. Nothing was changed."),
        ("credit pi_no", 1, "No payment on record is named pi_no. Nothing was changed."),
        ("undo pi_no", 1, "No payment on record is named pi_no. Nothing was changed."),
        ("undo DBNOSUCHREFERENCE", 1, "No payment on record is named DBNOSUCHREFERENCE. Nothing was changed."),
        ("rebook pi_no", 1, "No payment on record is named pi_no. Nothing was changed."),
        ("attention --close NOPE", 1, "There is no item NOPE. Nothing was changed."),
        ("consent show 12 --company northside", 2, "12 is not a mobile number. Nothing was recorded."),
        ("consent add +15035550111", 2, "Add --company with one of: northside, saltbush."),
        ("consent add +15035550111 --company northside --method smoke", 2, "Use one of: form, paper, verbal."),
        ("consent import none.csv --company northside", 1, "none.csv cannot be read"),
        ("backup /nowhere/at/all", 2, "There is no folder /nowhere/at. Nothing was written."),
        ("backup /", 2, "/ exists already. Nothing was written."),
        ("run --json", 2, "--json goes with --once. Nothing was started."),
        ("invoices --limit 0", 2, "--limit"),
        ("show", 2, "INVOICE"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence_and_changes_nothing(
    open_desk: Desk, typed: str, code: int, sentence: str
) -> None:
    before = everything_done(open_desk)
    said = open_desk.type(*typed.split())
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert everything_done(open_desk) == before


def test_without_a_configuration_every_command_says_how_to_make_one(open_desk: Desk, tmp_path: Path) -> None:
    for typed in ("status", "run", "preview", "attention", "connect northside", "config check"):
        said = open_desk.type(*typed.split(), config=tmp_path / "none.toml")
        assert said.code == 78
        assert "duebird init" in said.err


def test_a_configuration_with_five_mistakes_has_all_five_told_at_once(open_desk: Desk, tmp_path: Path) -> None:
    text = open_desk.house.config.read_text(encoding="utf-8")
    for right, wrong in {
        'country = "US"': 'country = "Atlantis"',
        "poll_quick = 1": 'poll_quick = "soon"',
        'kind = "xero"': 'kind = "sage"',
        'timezone = "America/Los_Angeles"': 'timezone = "Mars"',
        "jitter = 0.0": "jittery = 0.0",
    }.items():
        assert right in text
        text = text.replace(right, wrong)
    broken = tmp_path / "broken.toml"
    broken.write_text(text, encoding="utf-8")
    for command in ("status", "run"):
        said = open_desk.type(command, config=broken)
        assert (said.code, said.out) == (78, "")
        assert re.findall(r"^(\d)\. ", said.err, re.MULTILINE) == ["1", "2", "3", "4", "5"]


def test_before_the_first_run_the_commands_say_what_to_type_first(open_desk: Desk, tmp_path: Path) -> None:
    text = open_desk.house.config.read_text(encoding="utf-8").replace('"state"', f'"{tmp_path / "new"}"')
    config = tmp_path / "new.toml"
    config.write_text(text, encoding="utf-8")
    for command in ("status", "invoices", "attention", "show N-1"):
        said = open_desk.type(*command.split(), config=config)
        assert (said.code, "duebird connect COMPANY, then duebird run" in said.err) == (1, True)
    assert not (tmp_path / "new").exists()


def test_a_state_folder_that_others_can_read_is_refused_with_the_command_that_closes_it(own_desk: Desk) -> None:
    own_desk.work()
    own_desk.house.state.chmod(0o755)
    said = own_desk.type("status")
    assert said.code == 78
    assert f"chmod 700 {own_desk.house.state}" in said.err


def test_a_missing_secret_stops_what_needs_it_and_nothing_else(open_desk: Desk) -> None:
    said = open_desk.type("preview", HOUSE_TWILIO=None)
    assert (said.code, "HOUSE_TWILIO" in said.err) == (78, True)
    assert open_desk.type("status", HOUSE_TWILIO=None).code == 0


def test_a_database_somebody_writes_to_all_the_time_is_worth_another_try(own_desk: Desk) -> None:
    own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.work()
    busy = sqlite3.connect(own_desk.house.state / "duebird.sqlite3", isolation_level=None)
    try:
        busy.execute("BEGIN IMMEDIATE")
        assert own_desk.type("status").code == 0, "looking needs no turn"
        said = own_desk.type("hold", "A-1")
        assert (said.code, "Try again in a moment." in said.err) == (75, True)
    finally:
        busy.close()


def test_a_service_out_of_reach_is_a_passing_trouble(own_desk: Desk) -> None:
    own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.house.write_config(
        lambda text: text.replace(own_desk.house.sandbox.addresses["quickbooks"], "http://127.0.0.1:9")
    )
    said = own_desk.type("preview", "--company", NORTH.id)
    assert (said.code, "QuickBooks" in said.err) == (75, True)
    looked = own_desk.type("check", NORTH.id)
    assert (looked.code, "MEND" in looked.out) == (1, True)


# --------------------------------------------------------------------------------------------------------- backup


def test_a_backup_is_a_whole_private_database(open_desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite3"
    assert open_desk.type("backup", str(target)).code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    copy = sqlite3.connect(target)
    try:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM payments WHERE verdict = 'booked'").fetchone() == (1,)
    finally:
        copy.close()
    again = open_desk.type("backup", str(target))
    assert (again.code, "exists already" in again.err) == (2, True)


def test_going_back_to_an_old_backup_texts_nobody_again(own_desk: Desk, tmp_path: Path) -> None:
    own_desk.work()
    assert own_desk.type("backup", str(tmp_path / "old.sqlite3")).code == 0
    own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    own_desk.work()
    assert len(own_desk.house.notices(NORTH.mobiles[0])) == 1
    database = own_desk.house.state / "duebird.sqlite3"
    database.rename(tmp_path / "set-aside.sqlite3")
    shutil.copy(tmp_path / "old.sqlite3", database)
    own_desk.type("run", "--once")
    assert "the database is older than the journal" in own_desk.type("recover", NORTH.id).words
    own_desk.type("resume")
    own_desk.work()
    assert len(own_desk.house.notices(NORTH.mobiles[0])) == 1
    assert "Text sent" in own_desk.type("show", "A-1").words


def test_a_company_that_another_computer_works_on_is_shown_as_that(own_desk: Desk) -> None:
    own_desk.work()
    products = own_desk.house.sandbox.stripe.world.accounts["acct_1SandboxNorthside"].in_mode(live=False).products
    (note,) = [one for place, one in products.items() if place.startswith("duebird_")]
    assert note["metadata"]["held"] == "no", "a pass that has ended lets go"
    mark, epoch = int(note["metadata"]["mark"]) + 1, int(note["metadata"]["epoch"]) + 1
    note["metadata"] |= {"mark": str(mark), "epoch": str(epoch), "instance": "x", "host": "laptop", "held": "yes"}
    own_desk.bill(NORTH, 0, "Dana Reed", number="A-1")
    done = own_desk.type("run", "--once")
    assert (done.code, "another computer works on these books" in done.err) == (75, True)
    assert own_desk.house.notices(NORTH.mobiles[0]) == []
    assert 'the computer "laptop" works on it' in own_desk.type("status").words
    assert own_desk.type("status", "--json").json["companies"][NORTH.id]["elsewhere"]["host"] == "laptop"
    assert f"duebird recover {NORTH.id} --begin" in own_desk.type("attention").words


# ----------------------------------------------------------------------------------------------------------- help


@pytest.mark.parametrize("command", [" ".join(path) for path, _ in commands_of(app)])
def test_every_command_helps_with_an_example(command: str) -> None:
    said = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "80", "NO_COLOR": "1"})
    assert said.exit_code == 0
    assert f"Example: duebird {command}" in " ".join(said.output.split())
