"""Stripe's request form (brackets), its parameter checks and its error body."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

Obj = dict[str, Any]


class StripeProblem(Exception):
    """An answer other than success. `stored`: the endpoint had begun, so a repeat with the same key replays it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        stored: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.stored = stored

    def body(self) -> Obj:
        error: Obj = {"message": self.message, "type": self.kind}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return {"error": error}


def missing(kind: str, object_id: str, param: str = "id") -> StripeProblem:
    return StripeProblem(404, f"No such {kind}: '{object_id}'", code="resource_missing", param=param)


def parse_form(text: str) -> Obj:
    """Read `a[b][0][c]=1&d[]=2` into nested dicts and lists; every leaf is a string."""
    root: Obj = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = re.findall(r"^[^\[]+|\[[^\]]*\]", name) or [name]
        steps = [head, *(step[1:-1] for step in rest)]
        node = root
        for step in steps[:-1]:
            node = node.setdefault(step or str(len(node)), {})
            if not isinstance(node, dict):
                raise StripeProblem(400, f"Invalid parameter: {name}", param=name)
        last = steps[-1] or str(len(node))
        node[last] = value
    return {key: _listed(value) for key, value in root.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(inner) for key, inner in value.items()}


# A shape says which parameters an endpoint knows: a dict of names, a list of one shape, "int", "bool", "meta",
# "str" or ("str", most characters). Trimmed to what Duebird may use, so that a stray parameter is refused as Stripe
# refuses it. Limits: https://docs.stripe.com/api/payment-link/create (OpenAPI of 2026-08-26.dahlia).
Shape = Any

_TEXT: Shape = {"message": ("str", 1200)}
_LINK_COMMON: Shape = {
    "expand": ["str"],
    "metadata": "meta",
    "inactive_message": ("str", 500),
    "restrictions": {"completed_sessions": {"limit": "int"}},
    "after_completion": {
        "type": "str",
        "hosted_confirmation": {"custom_message": ("str", 500)},
        "redirect": {"url": "str"},
    },
    "custom_text": {"submit": _TEXT, "after_submit": _TEXT},
    "payment_method_types": ["str"],
    "allow_promotion_codes": "bool",
}
_INTENT_DATA: Shape = {
    "metadata": "meta",
    "description": ("str", 1000),
    "statement_descriptor_suffix": ("str", 22),
}
CREATE_LINK: Shape = {
    **_LINK_COMMON,
    "submit_type": "str",
    "payment_intent_data": _INTENT_DATA,
    "line_items": [
        {
            "quantity": "int",
            "price": "str",
            "price_data": {
                "currency": "str",
                "unit_amount": "int",
                "product": "str",
                "product_data": {"name": ("str", 5000), "description": ("str", 40000), "metadata": "meta"},
            },
        }
    ],
}
UPDATE_LINK: Shape = {**_LINK_COMMON, "active": "bool", "payment_intent_data": _INTENT_DATA}
EXPIRE: Shape = {"expand": ["str"]}
CREATE_PRODUCT: Shape = {
    "id": ("str", 5000),
    "name": ("str", 5000),
    "description": ("str", 40000),
    "active": "bool",
    "metadata": "meta",
    "expand": ["str"],
}
UPDATE_PRODUCT: Shape = {name: shape for name, shape in CREATE_PRODUCT.items() if name != "id"}
CREATE_REFUND: Shape = {
    "payment_intent": "str",
    "charge": "str",
    "amount": "int",
    "reason": "str",
    "metadata": "meta",
    "expand": ["str"],
}
CREATE_ENDPOINT: Shape = {
    "url": "str",
    "enabled_events": ["str"],
    "api_version": "str",
    "description": "str",
    "metadata": "meta",
    "connect": "bool",
    "expand": ["str"],
}
_CREATED: Shape = {"gt": "int", "gte": "int", "lt": "int", "lte": "int"}
LIST: Shape = {
    "limit": "int",
    "starting_after": "str",
    "ending_before": "str",
    "expand": ["str"],
    "created": _CREATED,
}


def checked(value: Any, shape: Shape, path: str = "") -> Any:
    """`value` with its leaves converted, or the 400 that Stripe gives for it."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise StripeProblem(400, "Invalid object", code="parameter_invalid_object", param=path)
        return {key: checked(inner, _known(shape, key, path), _join(path, key)) for key, inner in value.items()}
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise StripeProblem(400, "Invalid array", param=path)
        return [checked(inner, shape[0], _join(path, str(index))) for index, inner in enumerate(value)]
    if shape == "meta":
        return _metadata(value, path)
    return _leaf(value, shape, path)


def _known(shape: Shape, key: str, path: str) -> Shape:
    if key not in shape:
        name = _join(path, key)
        raise StripeProblem(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    return shape[key]


def _leaf(value: Any, shape: Shape, path: str) -> Any:
    if not isinstance(value, str):
        raise StripeProblem(400, "Invalid string", param=path)
    if shape == "int":
        if not re.fullmatch(r"-?\d+", value):
            raise StripeProblem(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=path)
        return int(value)
    if shape == "bool":
        if value not in {"true", "false"}:
            raise StripeProblem(400, f"Invalid boolean: {value}", param=path)
        return value == "true"
    if value == "":
        raise StripeProblem(
            400,
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{path}' cannot be unset. You should remove '{path}' from your request or supply a "
            "non-empty value.",
            code="parameter_invalid_empty",
            param=path,
        )
    if isinstance(shape, tuple) and len(value) > shape[1]:
        raise StripeProblem(400, f"Invalid string: must be at most {shape[1]} characters", param=path)
    return value


def _metadata(value: Any, path: str) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > 50:
        raise StripeProblem(400, "Metadata can have at most 50 keys", param=path)
    for key, inner in value.items():
        if len(key) > 40 or len(str(inner)) > 500:
            raise StripeProblem(
                400, "Metadata keys can be up to 40 characters long and values up to 500", param=_join(path, key)
            )
    return {key: str(inner) for key, inner in value.items() if inner != ""}


def _join(path: str, key: str) -> str:
    return f"{path}[{key}]" if path else key
