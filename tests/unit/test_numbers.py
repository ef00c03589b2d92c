"""Which customers stand on the list of numbers, why, and in what order."""

from __future__ import annotations

from datetime import date
from typing import Any

from connector.domain.money import Money
from connector.domain.numbers import WORDS, NumberFault, NumberTrouble, Owed, number_troubles
from connector.domain.phone import Phone, PhoneFault, parse_mobile
from connector.domain.receivable import Customer

DANA = Phone("+12125550123")


def owes(label: str, day: int, amount: str = "10.00", currency: str = "USD") -> Owed:
    return Owed(label, Money.of(amount, currency), date(2026, 11, day))


def listed(people: dict[str, Customer], owed: dict[str, list[Owed]], **more: dict[str, Any]) -> list[NumberTrouble]:
    known = {
        one: (who, parse_mobile(who.mobile, who.country or "US") if who.mobile else None) for one, who in people.items()
    }
    same: dict[str, list[tuple[str, str]]] = {}
    for one, (who, phone) in known.items():
        if phone:
            same.setdefault(phone.e164, []).append((one, who.name))
    flat = [(one, invoice) for one, invoices in owed.items() for invoice in invoices]
    return number_troubles(known, flat, more.get("unreachable", {}), same, "US")


def person(name: str, mobile: str | None = None, **fields: Any) -> Customer:
    return Customer(name[0].lower(), name, mobile=mobile, **fields)


def test_who_owes_longest_comes_first_with_all_invoices_oldest_first() -> None:
    people = {"a": person("Abe"), "b": person("Bea", "555"), "c": person("Cy", DANA.e164)}
    found = listed(people, {"a": [owes("A2", 9)], "b": [owes("B2", 20), owes("B1", 2)], "c": [owes("C1", 1)]})
    assert [(one.name, one.fault, [two.label for two in one.invoices]) for one in found] == [
        ("Bea", NumberFault.MALFORMED, ["B1", "B2"]),
        ("Abe", NumberFault.MISSING, ["A2"]),
    ]
    assert all(one.blocks for one in found)


def test_amounts_are_added_up_by_currency() -> None:
    invoices = [owes("1", 1, "10.10"), owes("2", 2, "5.00", "EUR"), owes("3", 3, "0.90")]
    [one] = listed({"a": person("Abe")}, {"a": invoices})
    assert one.owed == (Money.of("5.00", "EUR"), Money.of("11.00", "USD"))


def test_a_mobile_that_stands_under_another_phone_is_proposed() -> None:
    people = {
        "a": person("Abe", None, other_phone="(212) 555-0123"),
        "b": person("Bea", None, other_phone="020 7946 0958", country="GB"),
        "c": person("Cy", "07400 123456", country="FR"),
    }
    found = listed(people, {"a": [owes("1", 1)], "b": [owes("2", 2)], "c": [owes("3", 3)]})
    assert [one.meant for one in found] == [DANA.e164, "", ""]


def test_a_number_no_text_reaches_is_told_as_that() -> None:
    [one] = listed({"a": person("Abe", DANA.e164)}, {"a": [owes("1", 1)]}, unreachable={DANA.e164: "30006"})
    assert (one.fault, one.blocks, one.has) == (NumberFault.UNREACHABLE, True, DANA.e164)


def test_a_number_of_several_customers_blocks_nothing_and_comes_last() -> None:
    people = {"a": person("Abe", "212 555 0123"), "b": person("Bea", DANA.e164), "c": person("Cy")}
    found = listed(people, {"a": [owes("1", 1)], "c": [owes("3", 30)]})
    assert [(one.name, one.fault, one.blocks, one.others) for one in found] == [
        ("Cy", NumberFault.MISSING, True, ()),
        ("Abe", NumberFault.SHARED, False, ("Bea",)),
    ]


def test_customers_nobody_has_read_yet_are_passed_over() -> None:
    assert listed({}, {"a": [owes("1", 1)]}) == []


def test_a_number_that_is_read_by_now_stands_on_no_list() -> None:
    people = {"a": (person("Abe", "+52 1 55 1234 5678"), None)}
    assert number_troubles(people, [("a", owes("1", 1))], {}, {}, "MX") == []


def test_every_fault_has_words_and_every_way_a_text_is_no_number_is_a_fault() -> None:
    assert set(WORDS) == set(NumberFault)
    assert {one.value for one in PhoneFault} < {one.value for one in NumberFault}
