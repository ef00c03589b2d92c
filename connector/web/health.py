"""GET /health on the dashboard's address: whether we run and when each service was last read. No customer data."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from state.names import HINTS_SINCE, INBOUND_SINCE, LEDGER_CURSOR
from state.queries import Queries

ANSWER_WITHIN: Final = 2.0  # seconds; who watches us must not be kept waiting by a hung database
READ: Final = {"ledger": LEDGER_CURSOR, "payments": HINTS_SINCE, "replies": INBOUND_SINCE}


class LastPass(Protocol):
    """What is known of the last pass over a company."""

    @property
    def at(self) -> datetime:
        """When it ended."""
        ...

    @property
    def troubles(self) -> list[str]:
        """What stood in its way."""
        ...


class Health:
    """Answers for the companies that are worked on at the moment."""

    def __init__(
        self,
        queries: Queries,
        companies: Callable[[], list[str]],
        passes: Callable[[], Mapping[str, LastPass]],
        since: datetime,
        address: str,
    ) -> None:
        self._queries, self._companies, self._passes, self._since = queries, companies, passes, since
        self._host = urlsplit(f"//{address}").hostname
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="web-health")

    def app(self) -> Starlette:
        """The app."""
        made = Starlette(
            routes=[Route("/health", self._get, methods=["GET"])],
            exception_handlers={404: _nothing_here, 405: _nothing_here},
        )
        made.router.redirect_slashes = False
        return made

    def close(self) -> None:
        """End the thread."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    async def _get(self, request: Request) -> Response:
        if not self._knows(request.headers.get("host", "")):
            return Response(status_code=421)
        loop = asyncio.get_running_loop()
        headers = {"cache-control": "no-store"}
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                told = await loop.run_in_executor(self._readers, self.told)
        except Exception:  # noqa: BLE001  it runs, and cannot use its database: that is the whole message
            return JSONResponse({"status": "database out of reach"}, 503, headers)
        return JSONResponse(told, headers=headers)

    def _knows(self, host: str) -> bool:
        """Whether a browser was really sent here.

        A page on another site can have its own name point to this machine (DNS rebinding), and then read our answers.
        Its name stands in the Host header; a plain address cannot be rebound.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in {"localhost", self._host}:
            return True
        try:
            return bool(ip_address(name))
        except ValueError:
            return False

    def told(self) -> dict[str, Any]:
        """The answer. Times are UTC, null where it has not happened yet."""
        return {
            "status": "running",
            "version": _version(),
            "running_since": self._since.isoformat(),
            "companies": {company: self._company(company) for company in self._companies()},
        }

    def _company(self, company: str) -> dict[str, Any]:
        last = self._passes().get(company)
        cursors = {name: self._queries.cursor(company, cursor) for name, cursor in READ.items()}
        return {
            "last_pass": last.at.isoformat() if last else None,
            "troubles": len(last.troubles) if last else 0,
            "read": {name: row.moved_at.isoformat() if row else None for name, row in cursors.items()},
        }


def _version() -> str:
    try:
        return version("duebird")
    except PackageNotFoundError:  # run from a source tree that nobody installed
        return "unknown"


async def _nothing_here(request: Request, error: Exception) -> Response:
    del request, error
    return Response(status_code=404)
