"""The door for demo, command line and tests: play the payer, the bank and the owner; read what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any, Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.sandbox.base import CONTROL
from adapters.sandbox.stripe import balance, payouts, people, returns
from adapters.sandbox.stripe.door import keys_in_use
from adapters.sandbox.stripe.forms import Obj, StripeProblem, missing
from adapters.sandbox.stripe.webhooks import Postman
from adapters.sandbox.stripe.world import Account, Books, Key, Settings, World

Act = Callable[[Obj], Obj]


class Control:
    """The control routes. Each takes and gives JSON; a mistake answers 400 with `problem`."""

    def __init__(self, world: World, postman: Postman) -> None:
        self._world = world
        self._postman = postman

    def routes(self) -> list[Route]:
        acts: dict[str, Act] = {
            "open": self.open,
            "pay": self.pay,
            "debit": self.debit,
            "refund": self.refund,
            "dispute": self.dispute,
            "refund_fail": self.refund_fail,
            "dispute_end": self.dispute_end,
            "bounce": self.bounce,
            "payout": self.payout,
            "payout_fail": self.payout_fail,
            "charge_account": self.charge_account,
            "keys": self.keys,
            "settings": self.settings,
            "release_events": self.release_events,
        }
        routes = [Route(f"{CONTROL}/{name}", self._door(act), methods=["POST"]) for name, act in acts.items()]
        return [*routes, Route(f"{CONTROL}/records", self._records, methods=["GET"])]

    def _door(self, act: Act) -> Callable[[Request], Any]:
        async def door(request: Request) -> Response:
            self._world.catch_up()
            try:
                return JSONResponse(act(await request.json()))
            except StripeProblem as problem:
                return JSONResponse({"problem": problem.message}, problem.status)
            except KeyError as absent:
                return JSONResponse({"problem": f"{absent} is missing"}, 400)

        return door

    # ------------------------------------------------------------------------------------------------ finding

    def link(self, named: str) -> tuple[Books, Obj]:
        """A link by its id or by the address of its page."""
        token = urlsplit(named).path.rsplit("/", 1)[-1]
        for books in self._world.all_books():
            link_id = books.tokens.get(token, named)
            if link_id in books.payment_links:
                return books, books.payment_links[link_id]
        raise missing("payment link", named)

    def session(self, session_id: str) -> tuple[Books, Obj]:
        for books in self._world.all_books():
            if session_id in books.sessions:
                return books, books.sessions[session_id]
        raise missing("checkout.session", session_id)

    def intent(self, intent_id: str) -> tuple[Books, Obj]:
        for books in self._world.all_books():
            if intent_id in books.payment_intents:
                return books, books.payment_intents[intent_id]
        raise missing("payment_intent", intent_id)

    def _found(self, table: Literal["refunds", "disputes", "payouts"], object_id: str) -> tuple[Books, Obj]:
        for books in self._world.all_books():
            rows: dict[str, Obj] = getattr(books, table)
            if object_id in rows:
                return books, rows[object_id]
        raise missing(table.removesuffix("s"), object_id)

    # ------------------------------------------------------------------------------------------------- people

    def open(self, given: Obj) -> Obj:
        """`{"link": url or id}`: visit. Answers `{"session": id or null}`."""
        books, link = self.link(given["link"])
        made = people.open_page(self._world, books, link)
        return {"session": made["id"] if made else None}

    def pay(self, given: Obj) -> Obj:
        """`{"link": ... | "session": id, "method": "card"|"bank"|"declined"}`.

        With `"shown": {"amount": minor units, "currency": "cad"}` the payer pays in that currency (Adaptive Pricing).
        """
        if "session" in given:
            books, one = self.session(given["session"])
        else:
            books, link = self.link(given["link"])
            made = people.open_page(self._world, books, link)
            if made is None:
                return {"outcome": "inactive", "session": None, "payment_intent": None}
            one = made
        method = given.get("method", "card")
        if method not in {"card", "bank", "declined"}:
            raise StripeProblem(400, "method must be card, bank or declined")
        outcome = people.pay(self._world, books, one, method, given.get("shown"))
        return {"outcome": outcome, "session": one["id"], "payment_intent": one["payment_intent"]}

    def debit(self, given: Obj) -> Obj:
        """`{"session": id, "succeeds": bool}`: the bank's answer to a debit."""
        books, one = self.session(given["session"])
        people.finish_debit(self._world, books, one, succeeds=bool(given["succeeds"]))
        return {"session": one["id"], "payment_status": one["payment_status"]}

    def refund(self, given: Obj) -> Obj:
        """`{"payment_intent": id, "amount": minor units, else all}`: the owner refunds in the dashboard."""
        books, intent = self.intent(given["payment_intent"])
        return returns.give_back(self._world, books, intent, given.get("amount"))

    def refund_fail(self, given: Obj) -> Obj:
        """`{"refund": id, "reason": ...}`: the payer's bank could not take it."""
        books, one = self._found("refunds", given["refund"])
        return returns.fail_refund(self._world, books, one, given.get("reason", "expired_or_canceled_card"))

    def dispute(self, given: Obj) -> Obj:
        """`{"payment_intent": id, "amount": minor units, else all, "inquiry": bool}`: the bank takes it back."""
        books, intent = self.intent(given["payment_intent"])
        return returns.complain(
            self._world, books, intent, given.get("amount"), inquiry=bool(given.get("inquiry", False))
        )

    def dispute_end(self, given: Obj) -> Obj:
        """`{"dispute": id, "won": bool}`: the card network decides."""
        books, one = self._found("disputes", given["dispute"])
        return returns.settle_dispute(self._world, books, one, won=bool(given["won"]))

    def bounce(self, given: Obj) -> Obj:
        """`{"payment_intent": id}`: a bank debit that had succeeded fails after all."""
        books, intent = self.intent(given["payment_intent"])
        return returns.bounce(self._world, books, intent)

    def payout(self, given: Obj) -> Obj:
        """`{"account": id, "live": bool, "currency": "usd"}`: pay out what is there. `{"payout": null}` if nothing.

        Also `"available_only": bool`, `"arrives_in_days": n`; by hand with `"amount": minor units`, `"instant": bool`.
        """
        books = self._account(given).in_mode(live=bool(given.get("live", False)))
        currency, days = given.get("currency", "usd"), int(given.get("arrives_in_days", 0))
        if "amount" in given:
            instant = bool(given.get("instant", False))
            one: Obj | None = payouts.send(
                self._world, books, currency, given["amount"], instant=instant, arrives_in_days=days
            )
        else:
            only = bool(given.get("available_only", False))
            one = payouts.pay_out(self._world, books, currency, available_only=only, arrives_in_days=days)
        return {"payout": one}

    def payout_fail(self, given: Obj) -> Obj:
        """`{"payout": id, "code": ...}`: the bank sends it back."""
        books, one = self._found("payouts", given["payout"])
        return payouts.fail(self._world, books, one, given.get("code", "account_closed"))

    def charge_account(self, given: Obj) -> Obj:
        """`{"account": id, "type": "stripe_fee", "amount": minor units (below 0: take), "currency": ...}`."""
        books = self._account(given).in_mode(live=bool(given.get("live", False)))
        words = given.get("description", "Radar for Fraud Teams")
        kind, currency = given.get("type", "stripe_fee"), given.get("currency", "usd")
        return balance.charged(self._world, books, given["amount"], currency, kind, words)

    # ------------------------------------------------------------------------------------------------- set-up

    def _account(self, given: Obj) -> Account:
        account = self._world.accounts.get(given.get("account", ""))
        if account is None:
            raise missing("account", given.get("account", ""))
        return account

    def keys(self, given: Obj) -> Obj:
        """Make or change an account and its keys.

        `{"account": id, "name": ..., "country": ..., "currency": ..., "charges_enabled": bool,
        "keys": [{"secret": ..., "permissions": [...] or null, "state": "active"|"revoked"|"expired"}]}`
        """
        account = self._world.accounts.setdefault(
            given["account"], Account(given["account"], given.get("name", "Sandbox business"))
        )
        for name in ("name", "country", "currency", "charges_enabled"):
            if name in given:
                setattr(account, name, given[name])
        for one in given.get("keys", []):
            permissions = one.get("permissions")
            self._world.keys[one["secret"]] = Key(
                one["secret"],
                account.account_id,
                live="_live_" in one["secret"],
                permissions=None if permissions is None else frozenset(permissions),
                state=one.get("state", "active"),
            )
        return {
            "account": account.account_id,
            "keys": sum(k.account_id == account.account_id for k in self._world.keys.values()),
        }

    def settings(self, given: Obj) -> Obj:
        """Any fields of `world.Settings`; answers all of them."""
        known = {one.name for one in fields(Settings)}
        if unknown := set(given) - known:
            raise StripeProblem(400, f"unknown settings: {', '.join(sorted(unknown))}")
        for name, value in given.items():
            setattr(self._world.settings, name, value)
        if self._world.settings.hold_writes:
            self._world.go_on.clear()
        else:
            self._world.go_on.set()
        return asdict(self._world.settings)

    def release_events(self, given: Obj) -> Obj:
        """List what was held back; its `created` stays what it was, so it surfaces behind newer ones."""
        del given
        released = 0
        for books in self._world.all_books():
            for row in books.events:
                released += row.held
                row.held = False
        return {"released": released}

    # ------------------------------------------------------------------------------------------------ records

    async def _records(self, request: Request) -> Response:
        self._world.catch_up()
        wanted = request.query_params.get("account")
        accounts = {
            account.account_id: {
                "name": account.name,
                "test": self._shown(self._world, account.in_mode(live=False)),
                "live": self._shown(self._world, account.in_mode(live=True)),
            }
            for account in self._world.accounts.values()
            if wanted in {None, account.account_id}
        }
        return JSONResponse({"accounts": accounts, "deliveries": self._postman.records()})

    @staticmethod
    def _shown(world: World, books: Books) -> Obj:
        return {
            "links": [_link_shown(books, link) for link in books.payment_links.values()],
            "sessions": list(books.sessions.values()),
            "payment_intents": list(books.payment_intents.values()),
            "charges": list(books.charges.values()),
            "refunds": list(books.refunds.values()),
            "disputes": list(books.disputes.values()),
            "payouts": list(books.payouts.values()),
            "balance_transactions": list(books.balance_transactions.values()),
            "balance": balance.shown(world, books),
            "keys_in_use": keys_in_use(books),
            "reads": books.reads,
            "writes": books.writes,
        }


def _link_shown(books: Books, link: Obj) -> Obj:
    lines = books.line_items[link["id"]]
    return {
        "id": link["id"],
        "url": link["url"],
        "active": link["active"],
        "metadata": link["metadata"],
        "amount": sum(line["amount_total"] for line in lines),
        "currency": link["currency"],
        "title": lines[0]["description"],
        "completed": (link["restrictions"] or {}).get("completed_sessions", {}).get("count"),
        "inactive_message": link["inactive_message"],
    }
