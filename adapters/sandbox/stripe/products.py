"""Products that are made, changed and deleted by themselves. https://docs.stripe.com/api/products."""

from __future__ import annotations

from adapters.sandbox.stripe import forms, objects
from adapters.sandbox.stripe.forms import Obj, StripeProblem, missing
from adapters.sandbox.stripe.lists import Call


def create(call: Call) -> Obj:
    """Make one. An id of the caller's choosing must be unique in the account and mode."""
    params = call.checked(forms.CREATE_PRODUCT)
    if "name" not in params:
        raise StripeProblem(400, "Missing required param: name.", code="parameter_missing", param="name")
    if params.get("id") in call.books.products:
        raise StripeProblem(400, f"Product already exists: {params['id']}", code="resource_already_exists", param="id")
    product = objects.product(call.world, call.books, params)
    call.books.products[product["id"]] = product
    call.world.emit(call.books, "product.created", product)
    return product


def update(call: Call) -> Obj:
    """Change what is given; metadata is merged key by key, and an empty value removes its key."""
    product = _found(call)
    raw = call.params.get("metadata")
    removed = [key for key, value in raw.items() if value == ""] if isinstance(raw, dict) else []
    params = call.checked(forms.UPDATE_PRODUCT)
    before = {key: product.get(key) for key in params}
    if "metadata" in params:
        merged = {**product["metadata"], **params.pop("metadata")}
        product["metadata"] = {key: value for key, value in merged.items() if key not in removed}
    product.update({key: value for key, value in params.items() if key != "expand"})
    product["updated"] = call.world.seconds()
    call.world.emit(call.books, "product.updated", product, before)
    return product


def delete(call: Call) -> Obj:
    """Remove one that has no prices. https://docs.stripe.com/api/products/delete."""
    product = _found(call)
    if any(price["product"] == product["id"] for price in call.books.prices.values()):
        raise StripeProblem(400, "This product cannot be deleted because it has one or more user-created prices.")
    del call.books.products[product["id"]]
    call.world.emit(call.books, "product.deleted", product)
    return {"id": product["id"], "object": "product", "deleted": True}


def _found(call: Call) -> Obj:
    product = call.books.products.get(call.arg)
    if product is None:
        raise missing("product", call.arg)
    return product
