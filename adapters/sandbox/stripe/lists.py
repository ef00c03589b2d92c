"""One request, a page of a list, and the expanding of ids into objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from adapters.sandbox.stripe.forms import Obj, Shape, StripeProblem, checked, missing
from adapters.sandbox.stripe.world import Account, Books, World

EXPAND_DEEPEST = 4  # https://docs.stripe.com/expand
EXPANDABLE = frozenset(
    (
        *("payment_intent", "latest_charge", "charge", "payment_link", "source"),
        *("balance_transaction", "failure_balance_transaction"),
    )
)
# What an object has only later, and may be asked to be expanded before: a refund that has not failed.
LATER = frozenset((("refund", "failure_balance_transaction"),))


@dataclass
class Call:
    """One authenticated request."""

    world: World
    account: Account
    books: Books
    arg: str  # the id in the path, "" where there is none
    params: Obj  # not yet checked
    base_url: str
    path: str
    expand: list[str] = field(default_factory=list)

    def checked(self, shape: Shape) -> Obj:
        given: Obj = checked(self.params, shape)
        self.expand = given.pop("expand", [])
        return given


def listed(call: Call, rows: Iterable[Obj], params: Obj, kind: str, whole: Iterable[Obj] | None = None) -> Obj:
    """A page of `rows`, which come newest first (https://docs.stripe.com/api/pagination).

    `whole` is the list before filters: a cursor may name a row that a filter no longer lets through.
    """
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise StripeProblem(
            400,
            f"Invalid integer: {limit}; must be between 1 and 100",
            code="parameter_invalid_integer",
            param="limit",
        )
    chosen = list(rows)
    cursors = {name: params[name] for name in ("starting_after", "ending_before") if name in params}
    places = {row["id"]: place for place, row in enumerate(chosen if whole is None else whole)} if cursors else {}
    for name, cursor in cursors.items():
        if cursor not in places:
            raise missing(kind, cursor, name)
    if "starting_after" in cursors:
        chosen = [row for row in chosen if places[row["id"]] > places[cursors["starting_after"]]]
    if "ending_before" in cursors:
        chosen = [row for row in chosen if places[row["id"]] < places[cursors["ending_before"]]]
        more, chosen = len(chosen) > limit, chosen[-limit:]
    else:
        more, chosen = len(chosen) > limit, chosen[:limit]
    return {"object": "list", "data": chosen, "has_more": more, "url": call.path}


def newest_first(table: dict[str, Obj]) -> list[Obj]:
    return list(reversed(table.values()))


def in_time(rows: Iterable[Obj], created: Any) -> list[Obj]:
    if created is None:
        return list(rows)
    bounds = created if isinstance(created, dict) else {"gte": int(created), "lte": int(created)}
    tests: dict[str, Callable[[int, int], bool]] = {
        "gt": int.__gt__,
        "gte": int.__ge__,
        "lt": int.__lt__,
        "lte": int.__le__,
    }
    return [row for row in rows if all(tests[name](row["created"], limit) for name, limit in bounds.items())]


def expanded(call: Call, answer: Obj) -> Obj:
    """`answer` with the asked-for ids replaced by their objects; the stored objects stay as they are."""
    for path in call.expand:
        steps = path.split(".")
        if len(steps) > EXPAND_DEEPEST:
            raise StripeProblem(
                400, f"You cannot expand more than {EXPAND_DEEPEST} levels of a property.", param="expand"
            )
        answer = _expand(call, answer, steps, path)
    return answer


def _expand(call: Call, node: Any, steps: list[str], path: str) -> Any:
    if not steps or node is None:
        return node
    head, rest = steps[0], steps[1:]
    if head == "data" and node.get("object") == "list":
        return {**node, "data": [_expand(call, row, rest, path) for row in node["data"]]}
    if head == "line_items" and node["object"] in {"checkout.session", "payment_link"}:
        link = node["id"] if node["object"] == "payment_link" else node["payment_link"]
        lines = call.books.line_items[link]
        return {**node, "line_items": {"object": "list", "data": lines, "has_more": False, "url": call.path}}
    if head not in node and (node.get("object"), head) in LATER:
        return node
    if head not in EXPANDABLE or head not in node:
        raise StripeProblem(400, f"This property cannot be expanded ({path}).", param="expand")
    value = node[head]
    if isinstance(value, str):
        value = call.books.find(value)
    return {**node, head: _expand(call, value, rest, path)}
