"""The endpoints below /v1 that Duebird may use."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from adapters.sandbox.stripe import balance, forms, objects, people, products, returns
from adapters.sandbox.stripe.forms import Obj, Shape, StripeProblem, missing
from adapters.sandbox.stripe.lists import Call, in_time, listed, newest_first
from adapters.sandbox.stripe.world import EVENTS_KEPT, Books, EventRow

SMALLEST = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "cad": 50, "aud": 50, "nzd": 50, "chf": 50}
LARGEST = 999_999_999_999  # twelve digits, https://docs.stripe.com/currencies#maximum-charge-amounts


Handler = Callable[[Call], Obj]


@dataclass(frozen=True)
class Endpoint:
    """One method and path, the permissions a restricted key needs for it, and what it does."""

    method: str
    pattern: re.Pattern[str]
    permissions: tuple[str, ...]
    act: Handler


# ------------------------------------------------------------------------------------------------ any object


def lister(table: Callable[[Books], dict[str, Obj]], kind: str, *equal: str) -> Handler:
    """The list endpoint of a table, with filters on fields of those names."""

    def act(call: Call) -> Obj:
        params = call.checked({**forms.LIST, **dict.fromkeys(equal, "str")})
        rows = in_time(newest_first(table(call.books)), params.get("created"))
        for name in equal:
            if name in params:
                rows = [row for row in rows if row.get(name) == params[name]]
        return listed(call, rows, params, kind, newest_first(table(call.books)))

    return act


def getter(table: Callable[[Books], dict[str, Obj]], kind: str, param: str) -> Handler:
    def act(call: Call) -> Obj:
        call.checked({"expand": ["str"]})
        return found(call, table, kind, param)

    return act


def switcher(table: Callable[[Books], dict[str, Obj]], kind: str) -> Handler:
    """The update endpoint of a table, as far as it turns an object on and off."""

    def act(call: Call) -> Obj:
        one = found(call, table, kind, kind)
        one.update(call.checked({"expand": ["str"], "active": "bool"}))
        return one

    return act


def found(call: Call, table: Callable[[Books], dict[str, Obj]], kind: str, param: str) -> Obj:
    one = table(call.books).get(call.arg)
    if one is not None:
        return one
    if call.arg in table(call.account.in_mode(live=not call.books.live)):
        other, used = ("test", "live") if call.books.live else ("live", "test")
        raise StripeProblem(
            404,
            f"No such {kind}: '{call.arg}'; a similar object exists in {other} mode, but a {used} mode key was used "
            "to make this request.",
            code="resource_missing",
            param=param,
        )
    raise missing(kind, call.arg, param)


# ------------------------------------------------------------------------------------------------ payment links


def _links(books: Books) -> dict[str, Obj]:
    return books.payment_links


def _sessions(books: Books) -> dict[str, Obj]:
    return books.sessions


def create_link(call: Call) -> Obj:
    params = call.checked(forms.CREATE_LINK)
    items = params.get("line_items")
    if not items:
        raise StripeProblem(400, "Missing required param: line_items.", code="parameter_missing", param="line_items")
    lines = [_line(call, item, f"line_items[{index}]") for index, item in enumerate(items)]
    link = objects.payment_link(call.world, call.books, params, lines[0]["currency"], call.base_url)
    call.books.payment_links[link["id"]] = link
    call.books.line_items[link["id"]] = lines
    call.world.emit(call.books, "payment_link.created", link)
    return link


def _line(call: Call, item: Obj, path: str) -> Obj:
    if "quantity" not in item:
        raise StripeProblem(
            400, f"Missing required param: {path}[quantity].", code="parameter_missing", param=f"{path}[quantity]"
        )
    if "price" in item:
        made = call.books.prices.get(item["price"])
        if made is None:
            raise StripeProblem(
                400, f"No such price: '{item['price']}'", code="resource_missing", param=f"{path}[price]"
            )
        return objects.line_item(call.world, made, "", item["quantity"])
    data = item.get("price_data", {})
    for name in ("currency", "unit_amount", "product_data"):
        if name not in data:
            where = f"{path}[price_data][{name}]"
            raise StripeProblem(400, f"Missing required param: {where}.", code="parameter_missing", param=where)
    _check_amount(data["currency"], data["unit_amount"], f"{path}[price_data][unit_amount]")
    product = objects.product(call.world, call.books, data["product_data"])
    call.books.products[product["id"]] = product
    made = objects.price(call.world, call.books, product["id"], data["currency"], data["unit_amount"])
    call.books.prices[made["id"]] = made
    return objects.line_item(call.world, made, product["name"], item["quantity"])


def _check_amount(currency: str, amount: int, param: str) -> None:
    if not re.fullmatch(r"[a-z]{3}", currency):
        raise StripeProblem(400, f"Invalid currency: {currency}.", param=param.replace("unit_amount", "currency"))
    smallest = SMALLEST.get(currency, 1)
    if amount < smallest:
        raise StripeProblem(
            400,
            f"The Checkout Session's total amount due must add up to at least {smallest} {currency}.",
            code="amount_too_small",
            param=param,
        )
    if amount > LARGEST:
        raise StripeProblem(400, f"Amount must be no more than {LARGEST}.", code="amount_too_large", param=param)
    if currency in {"bhd", "jod", "kwd", "omr", "tnd"} and amount % 10:
        raise StripeProblem(400, "Invalid integer: the last digit must be 0 in this currency", param=param)
    if currency in {"isk", "ugx"} and amount % 100:
        raise StripeProblem(400, "Invalid integer: fractions are not possible in this currency", param=param)


def update_link(call: Call) -> Obj:
    link = found(call, _links, "payment link", "payment_link")
    params = call.checked(forms.UPDATE_LINK)
    before = {key: link.get(key) for key in params}
    limit = params.pop("restrictions", {}).get("completed_sessions", {}).get("limit")
    if limit is not None:
        count = (link["restrictions"] or {"completed_sessions": {"count": 0}})["completed_sessions"]["count"]
        link["restrictions"] = {"completed_sessions": {"count": count, "limit": limit}}
    if "metadata" in params:
        link["metadata"] = {**link["metadata"], **params.pop("metadata")}
    if "payment_intent_data" in params:  # declarative: what is not given is gone
        given = params.pop("payment_intent_data")
        link["payment_intent_data"] = {**given, "metadata": given.get("metadata", {})}
    for name in ("active", "inactive_message", "allow_promotion_codes", "payment_method_types"):
        if name in params:
            link[name] = params[name]
    call.world.emit(call.books, "payment_link.updated", link, before)
    return link


def list_links(call: Call) -> Obj:
    params = call.checked({**{k: v for k, v in forms.LIST.items() if k != "created"}, "active": "bool"})
    rows = newest_first(call.books.payment_links)
    if "active" in params:
        rows = [row for row in rows if row["active"] is params["active"]]
    return listed(call, rows, params, "payment_link", newest_first(call.books.payment_links))


def link_lines(call: Call) -> Obj:
    link = found(call, _links, "payment link", "payment_link")
    params = call.checked({k: v for k, v in forms.LIST.items() if k != "created"})
    return listed(call, call.books.line_items[link["id"]], params, "item")


# ---------------------------------------------------------------------------------------------------- sessions


def list_sessions(call: Call) -> Obj:
    params = call.checked({**forms.LIST, "payment_link": "str", "payment_intent": "str", "status": "str"})
    books = call.books
    if "payment_intent" in params:
        wanted = books.session_of_intent.get(params["payment_intent"])
        rows = [books.sessions[wanted]] if wanted else []
    elif "payment_link" in params:
        rows = [books.sessions[one] for one in reversed(books.sessions_of_link.get(params["payment_link"], []))]
    else:
        rows = newest_first(books.sessions)
    for name in ("payment_link", "status"):
        if name in params:
            rows = [row for row in rows if row[name] == params[name]]
    rows = in_time(rows, params.get("created"))
    return listed(call, rows, params, "checkout.session", newest_first(books.sessions))


def expire_session(call: Call) -> Obj:
    call.checked(forms.EXPIRE)
    one = found(call, _sessions, "checkout.session", "session")
    people.expire(call.world, call.books, one)
    return one


# ------------------------------------------------------------------------------------------------------ events


def _age_limit(call: Call) -> int:
    return int((call.world.clock.now() - EVENTS_KEPT).timestamp())


def _visible(call: Call) -> list[Obj]:
    now, oldest = call.world.clock.now(), _age_limit(call)

    def seen(row: EventRow) -> bool:
        return not row.held and row.visible_at <= now and bool(row.event["created"] >= oldest)

    rows = [row.event for row in reversed(call.books.events) if seen(row)]
    return sorted(rows, key=lambda event: event["created"], reverse=True)  # stable: a jumped clock stays in order


def list_events(call: Call) -> Obj:
    params = call.checked({**forms.LIST, "type": "str", "types": ["str"], "delivery_success": "bool"})
    wanted = params.get("types")
    if wanted is not None and "type" in params:
        raise StripeProblem(400, "You may only specify one of these parameters: type, types.", param="type")
    if wanted is not None and len(wanted) > 20:
        raise StripeProblem(400, "You may specify at most 20 event types.", param="types")
    for name in ("starting_after", "ending_before"):
        if name in params:
            _refuse_aged(call, params[name])
    rows = visible = _visible(call)
    if wanted is not None:
        rows = [row for row in rows if row["type"] in wanted]
    if "type" in params:
        pattern = re.compile(re.escape(params["type"]).replace(r"\*", ".*"))
        rows = [row for row in rows if pattern.fullmatch(row["type"])]
    if "delivery_success" in params:
        rows = [row for row in rows if (row["pending_webhooks"] == 0) is params["delivery_success"]]
    return listed(call, in_time(rows, params.get("created")), params, "event", visible)


def _refuse_aged(call: Call, event_id: str) -> None:
    for row in call.books.events:
        if row.event["id"] == event_id and row.event["created"] < _age_limit(call):
            raise StripeProblem(
                404,
                f"The event {event_id} is no longer available because it's aged out of our retention policy.",
                code="resource_missing",
                param="id",
            )


def get_event(call: Call) -> Obj:
    call.checked({"expand": ["str"]})
    _refuse_aged(call, call.arg)
    for event in _visible(call):
        if event["id"] == call.arg:
            return event
    raise missing("event", call.arg)


# ------------------------------------------------------------------------------------ money, account, endpoints


def get_account(call: Call) -> Obj:
    call.checked({"expand": ["str"]})
    return objects.account(call.account)


def create_refund(call: Call) -> Obj:
    params = call.checked(forms.CREATE_REFUND)
    intent_id = params.get("payment_intent") or call.books.charges.get(params.get("charge", ""), {}).get(
        "payment_intent"
    )
    intent = call.books.payment_intents.get(intent_id or "")
    if intent is None:
        raise missing("payment_intent", str(intent_id), "payment_intent")
    return returns.give_back(
        call.world,
        call.books,
        intent,
        params.get("amount"),
        metadata=params.get("metadata"),
        reason=params.get("reason"),
    )


def list_balance_transactions(call: Call) -> Obj:
    names = ("payout", "source", "type", "currency")
    params = call.checked({**forms.LIST, **dict.fromkeys(names, "str")})
    whole = sorted(newest_first(call.books.balance_transactions), key=lambda row: row["created"], reverse=True)
    rows = in_time(whole, params.get("created"))
    for name in ("source", "type", "currency"):
        if name in params:
            rows = [row for row in rows if row[name] == params[name]]
    if "payout" in params:
        _refuse_by_hand(call, params["payout"])
        rows = [row for row in rows if call.books.payout_of.get(row["id"]) == params["payout"]]
    return listed(call, rows, params, "balance_transaction", whole)


def _refuse_by_hand(call: Call, payout_id: str) -> None:
    """Only what Stripe pays out by itself is itemised. https://docs.stripe.com/payouts/reconciliation."""
    one = call.books.payouts.get(payout_id)
    if one is None:
        raise missing("payout", payout_id, "payout")
    if not one["automatic"]:
        raise StripeProblem(
            400,
            "Balance transaction history can only be filtered on automatic transfers, not manual.",
            param="payout",
        )


def get_balance(call: Call) -> Obj:
    call.checked({"expand": ["str"]})
    return balance.shown(call.world, call.books)


def list_payouts(call: Call) -> Obj:
    arrival: Shape = forms.LIST["created"]
    params = call.checked({**forms.LIST, "status": "str", "arrival_date": arrival})
    rows = in_time(newest_first(call.books.payouts), params.get("created"))
    if "arrival_date" in params:
        kept = {
            row["id"]
            for row in in_time([{**row, "created": row["arrival_date"]} for row in rows], params["arrival_date"])
        }
        rows = [row for row in rows if row["id"] in kept]
    if "status" in params:
        rows = [row for row in rows if row["status"] == params["status"]]
    return listed(call, rows, params, "payout", newest_first(call.books.payouts))


def create_endpoint(call: Call) -> Obj:
    params = call.checked(forms.CREATE_ENDPOINT)
    for name in ("url", "enabled_events"):
        if name not in params:
            raise StripeProblem(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
    if len(call.books.webhook_endpoints) >= 16:
        raise StripeProblem(400, "You have reached the maximum of 16 webhook endpoints.")
    one = objects.webhook_endpoint(call.world, call.books, params)
    call.books.webhook_endpoints[one["id"]] = one
    call.books.secrets[one["id"]] = call.world.new_id("whsec_", 32)
    return {**one, "secret": call.books.secrets[one["id"]]}


def delete_endpoint(call: Call) -> Obj:
    if call.books.webhook_endpoints.pop(call.arg, None) is None:
        raise missing("webhook endpoint", call.arg)
    return {"id": call.arg, "object": "webhook_endpoint", "deleted": True}


# ------------------------------------------------------------------------------------------------------- table


def _endpoint(method: str, template: str, permissions: str, act: Handler) -> Endpoint:
    return Endpoint(method, re.compile(template.replace("{}", "([^/]+)")), tuple(permissions.split()), act)


def _simple(
    path: str, permission: str, kind: str, table: Callable[[Books], dict[str, Obj]], *equal: str
) -> list[Endpoint]:
    return [
        _endpoint("GET", path, permission, lister(table, kind, *equal)),
        _endpoint("GET", f"{path}/{{}}", permission, getter(table, kind, "id")),
    ]


def _intents(books: Books) -> dict[str, Obj]:
    return books.payment_intents


def _charges(books: Books) -> dict[str, Obj]:
    return books.charges


def _refunds(books: Books) -> dict[str, Obj]:
    return books.refunds


def _disputes(books: Books) -> dict[str, Obj]:
    return books.disputes


def _entries(books: Books) -> dict[str, Obj]:
    return books.balance_transactions


def _payouts(books: Books) -> dict[str, Obj]:
    return books.payouts


def _endpoints(books: Books) -> dict[str, Obj]:
    return books.webhook_endpoints


def _products(books: Books) -> dict[str, Obj]:
    return books.products


def _prices(books: Books) -> dict[str, Obj]:
    return books.prices


_PAY = "payment_links_write product_write plan_write"
ENDPOINTS: list[Endpoint] = [
    _endpoint("GET", "/v1/account", "connected_account_read", get_account),
    _endpoint("POST", "/v1/payment_links", _PAY, create_link),
    _endpoint("GET", "/v1/payment_links", "payment_links_read", list_links),
    _endpoint("GET", "/v1/payment_links/{}/line_items", "payment_links_read", link_lines),
    _endpoint("GET", "/v1/payment_links/{}", "payment_links_read", getter(_links, "payment link", "payment_link")),
    _endpoint("POST", "/v1/payment_links/{}", "payment_links_write", update_link),
    _endpoint("GET", "/v1/checkout/sessions", "checkout_session_read", list_sessions),
    _endpoint("POST", "/v1/checkout/sessions/{}/expire", "checkout_session_write", expire_session),
    _endpoint(
        "GET", "/v1/checkout/sessions/{}", "checkout_session_read", getter(_sessions, "checkout.session", "session")
    ),
    _endpoint("GET", "/v1/events", "event_read", list_events),
    _endpoint("GET", "/v1/events/{}", "event_read", get_event),
    *_simple("/v1/payment_intents", "payment_intent_read", "payment_intent", _intents),
    *_simple("/v1/charges", "charge_read", "charge", _charges, "payment_intent"),
    *_simple("/v1/refunds", "charge_read", "refund", _refunds, "payment_intent", "charge"),
    _endpoint("POST", "/v1/refunds", "charge_write", create_refund),
    *_simple("/v1/disputes", "dispute_read", "dispute", _disputes, "payment_intent", "charge"),
    _endpoint("GET", "/v1/balance", "balance_read", get_balance),
    _endpoint("GET", "/v1/balance_transactions", "balance_transaction_source_read", list_balance_transactions),
    _endpoint(
        "GET",
        "/v1/balance_transactions/{}",
        "balance_transaction_source_read",
        getter(_entries, "balance transaction", "id"),
    ),
    _endpoint("GET", "/v1/payouts", "payout_read", list_payouts),
    _endpoint("GET", "/v1/payouts/{}", "payout_read", getter(_payouts, "payout", "id")),
    *_simple("/v1/products", "product_read", "product", _products),
    _endpoint("POST", "/v1/products", "product_write", products.create),
    _endpoint("POST", "/v1/products/{}", "product_write", products.update),
    _endpoint("DELETE", "/v1/products/{}", "product_write", products.delete),
    *_simple("/v1/prices", "plan_read", "price", _prices, "product"),
    _endpoint("POST", "/v1/prices/{}", "plan_write", switcher(_prices, "price")),
    *_simple("/v1/webhook_endpoints", "webhook_read", "webhook endpoint", _endpoints),
    _endpoint("POST", "/v1/webhook_endpoints", "webhook_write", create_endpoint),
    _endpoint("DELETE", "/v1/webhook_endpoints/{}", "webhook_write", delete_endpoint),
]


def endpoint_for(method: str, path: str) -> tuple[Endpoint, str] | None:
    """The endpoint and the id in its path."""
    for one in ENDPOINTS:
        match = one.pattern.fullmatch(path)
        if match and one.method == method:
            return one, match.group(1) if match.groups() else ""
    return None
