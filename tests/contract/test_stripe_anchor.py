"""The claim in a Stripe account, beyond what its port asks for: what an owner sees, and what an owner can do to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from adapters.sandbox.stripe.twin import ALL_NEEDED, DEFAULT_ACCOUNT, DEFAULT_KEY
from adapters.stripe.anchor import StripeAnchor
from connector.errors import Bug, NeedsReauthorisation, Rejected, RejectedBecause, Uncertain
from tests.contract.rows.stripe import StripeHarness, harness
from tests.contract.test_anchor_contract import CLAIM, NAME, NEXT, PLACE


@pytest.fixture
def stripe() -> Iterator[StripeHarness]:
    with harness() as made:
        assert isinstance(made, StripeHarness)
        yield made


def test_an_owner_who_meets_it_reads_what_it_is_and_nobody_can_buy_it(stripe: StripeHarness) -> None:
    stripe.anchor.create(PLACE, NAME, CLAIM, "key-1")
    product = stripe.products()[PLACE]
    assert product["name"] == NAME
    assert "Leave it" in product["description"]
    assert product["active"] is False


def test_what_an_owner_wrote_beside_it_is_left_alone(stripe: StripeHarness) -> None:
    stripe.anchor.create(PLACE, NAME, CLAIM, "key-1")
    stripe.products()[PLACE]["metadata"]["note"] = "ours"
    assert stripe.anchor.replace(PLACE, NEXT, "key-2") == NEXT
    assert stripe.products()[PLACE]["metadata"] == {**NEXT.words(), "note": "ours"}


def test_a_claim_that_an_owner_changed_is_not_believed(stripe: StripeHarness) -> None:
    stripe.anchor.create(PLACE, NAME, CLAIM, "key-1")
    answer = requests.post(
        f"{stripe.base_url}/v1/products/{PLACE}",
        data={"metadata[mark]": "", "metadata[epoch]": "9"},
        headers={"Authorization": f"Bearer {DEFAULT_KEY}"},
        timeout=5,
        proxies={"http": ""},
    )
    assert answer.json()["metadata"]["epoch"] == "9"
    with pytest.raises(Rejected) as refused:
        stripe.anchor.read(PLACE)
    assert refused.value.because is RejectedBecause.INVALID
    assert PLACE in str(refused.value)
    assert "delete that product" in refused.value.advice


def test_a_claim_deleted_in_the_dashboard_is_none(stripe: StripeHarness) -> None:
    stripe.anchor.create(PLACE, NAME, CLAIM, "key-1")
    answer = requests.delete(
        f"{stripe.base_url}/v1/products/{PLACE}",
        headers={"Authorization": f"Bearer {DEFAULT_KEY}"},
        timeout=5,
        proxies={"http": ""},
    )
    assert answer.json() == {"id": PLACE, "object": "product", "deleted": True}
    assert stripe.anchor.read(PLACE) is None


def test_a_stored_failure_is_repeated_under_its_key_and_not_under_the_next(stripe: StripeHarness) -> None:
    stripe.anchor.create(PLACE, NAME, CLAIM, "key-1")
    stripe.control("settings", {"fail_writes": 1})
    for _ in range(2):
        with pytest.raises(Uncertain):
            stripe.anchor.replace(PLACE, NEXT, "key-2-0")
    assert stripe.anchor.replace(PLACE, NEXT, "key-2-1") == NEXT


def test_a_key_without_the_permission_says_which_one(stripe: StripeHarness) -> None:
    permissions = [one for one in ALL_NEEDED if one != "product_write"]
    stripe.control(
        "keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": "rk_test_few", "permissions": permissions}]}
    )
    few = StripeAnchor(stripe.settings(), "rk_test_few", stripe.wire)
    with pytest.raises(NeedsReauthorisation, match="product_read"):
        few.read(PLACE)
    checked = {one.subject: one for one in stripe.with_key("rk_test_few").inspect()}
    assert checked["Stripe permission: Products"].weight == "problem"


def test_nothing_is_asked_for_an_empty_id(stripe: StripeHarness) -> None:
    with pytest.raises(Bug):
        stripe.anchor.read("")
