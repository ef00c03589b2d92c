"""The stand-ins' own doors, over HTTP: what people do there, and what was recorded. Used from any terminal."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import httpx

from connector.errors import DuebirdError

Method = Literal["card", "bank", "declined"]
Service = Literal["quickbooks", "xero", "stripe", "twilio"]

PATIENCE: Final = 5.0  # seconds; a stand-in on this machine answers in milliseconds
_SESSION = re.compile(r'name="session" value="([^"]+)"')


class DoorProblem(DuebirdError):
    """A stand-in did not do what was asked; the message is its own word."""


class Doors:
    """The four stand-ins by their addresses."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self.addresses = addresses
        # No proxy of the environment may come between: this never leaves the machine.
        self._http = httpx.Client(timeout=PATIENCE, trust_env=False)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def get(self, service: Service, path: str, /, **query: str) -> dict[str, Any]:
        """Read from a control route.

        Raises:
            DoorProblem: it does not answer, or says no.
        """
        return self._ask("GET", service, path, params=query)

    def post(self, service: Service, path: str, /, **body: Any) -> dict[str, Any]:
        """Ask a control route to do something.

        Raises:
            DoorProblem: it does not answer, or says no.
        """
        return self._ask("POST", service, path, json=body)

    def clear_faults(self, service: Service) -> None:
        """End every disturbance there; held requests go on."""
        self._ask("DELETE", service, "faults")

    def _ask(self, verb: str, service: Service, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(verb, f"{self.addresses[service]}/_sandbox/{path}", **more)
        except httpx.HTTPError as error:
            raise DoorProblem(
                f"The {service} stand-in does not answer at {self.addresses[service]}. Nothing was done.",
                advice="Is the demo still running? Start it: duebird demo --keep",
            ) from error
        body: dict[str, Any] = answer.json() if answer.content else {}
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            said = next(
                (str(body[key]) for key in ("error", "problem", "refused", "unknown", "unreadable") if key in body), ""
            )
            raise DoorProblem(f"The {service} stand-in said no: {said or answer.status_code}. Nothing was changed.")
        return body

    # ------------------------------------------------------------------------------------------ what people do

    def pay(self, link: str, method: Method) -> str:
        """Open the page behind a link as a browser would, press a button; the answer is where one lands.

        Raises:
            DoorProblem: the page takes no payment any more.
        """
        try:
            page = self._http.get(link)
            session = _SESSION.search(page.text)
            if session is None:
                raise DoorProblem(f"The page {link} takes no payment any more. Nothing was paid.")
            done = self._http.post(link, data={"session": session[1], "method": method}, follow_redirects=True)
        except httpx.HTTPError as error:
            raise DoorProblem(f"The page {link} does not open. Nothing was paid.") from error
        return str(done.url)

    def reply(self, sender: str, to: str | None, body: str) -> None:
        """Somebody texts one of the businesses; without `to`, the one that texted them last."""
        wish = {"from": sender, "body": body} | ({"to": to} if to else {})
        self._ask("POST", "twilio", "inbound", json=wish)

    def visit(self, address: str) -> None:
        """Open an address and follow where it leads, as a browser does.

        Raises:
            DoorProblem: it cannot be opened.
        """
        try:
            self._http.get(address, follow_redirects=True).raise_for_status()
        except httpx.HTTPError as error:
            raise DoorProblem(f"The sign-in page could not be opened ({type(error).__name__}).") from error
