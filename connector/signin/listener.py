"""A listener on this machine that takes one redirect, then is gone (RFC 8252, sections 7.3 and 8.3)."""

from __future__ import annotations

import errno
import os
import queue
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import urlsplit

from connector.errors import ConfigProblem, DuebirdError
from connector.signin.landing import Landing, SignInRefused, WrongLanding, read_landing

WAIT: Final = 300.0  # seconds; signing in with a second factor takes a minute or two, and codes live five
SILENT_LINE: Final = 5.0  # seconds; browsers open spare connections on which they may never ask anything

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Duebird</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}}</style></head>
<body><h1>{title}</h1><p>{text}</p></body></html>"""


class RedirectListener:
    """Waits on loopback for the redirect of one sign-in. Only an answer with our `state` ends the wait."""

    def __init__(self, redirect_uri: str, state: str) -> None:
        place = urlsplit(redirect_uri)
        self._port = place.port or 80
        self._path = place.path or "/"
        self._state = state
        self._result: queue.Queue[Landing | SignInRefused] = queue.Queue()
        self._servers: list[ThreadingHTTPServer] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen while inside. 'localhost' may mean either address to a browser, so both are taken where there.

        Raises:
            ConfigProblem: another program holds the port.
        """
        self._open()
        threads = [
            threading.Thread(target=server.serve_forever, args=(0.05,), name="sign-in", daemon=True)
            for server in self._servers
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for server in self._servers:
                server.shutdown()
            self._close()
            for thread in threads:
                thread.join(timeout=SILENT_LINE)

    def wait(self, seconds: float = WAIT) -> Landing:
        """The landing, once it comes.

        Raises:
            SignInRefused: the person said no. DuebirdError: nobody came in time.
        """
        try:
            result = self._result.get(timeout=seconds)
        except queue.Empty:
            raise DuebirdError(
                f"Nobody signed in within {seconds / 60:.0f} minutes. Nothing was connected.",
                advice="Run the same command again; with --paste if the browser is on another machine.",
            ) from None
        if isinstance(result, SignInRefused):
            raise result
        return result

    def answer(self, target: str) -> tuple[int, str, Landing | SignInRefused | None]:
        """Status and page for one request, and what it settles, if anything."""
        if urlsplit(target).path != self._path:
            return 404, _page("Not here", "This address only takes the answer of a sign-in."), None
        try:
            landing = read_landing(target, self._state)
        except WrongLanding:
            words = "This answer does not belong to the sign-in just begun, and was not used."
            return 400, _page("That was another sign-in", words), None
        except SignInRefused as refused:
            return 200, _page("Not connected", "Nothing was connected. You can close this window."), refused
        words = "Duebird has its answer. Close this window and go back to the terminal."
        return 200, _page("Thank you", words), landing

    def settle(self, result: Landing | SignInRefused | None) -> None:
        """End the wait, where there is something to end it with."""
        if result is not None:
            self._result.put(result)

    def _open(self) -> None:
        handler = _handler_for(self)
        for server, address in ((_Server, "127.0.0.1"), (_Server6, "::1")):
            try:
                self._servers.append(server((address, self._port), handler))
            except OSError as error:
                if server is _Server6 and error.errno != errno.EADDRINUSE:
                    return  # no IPv6 on this machine: browsers use the other address
                self._close()
                raise ConfigProblem(
                    f"Port {self._port} of this machine cannot be listened on ({error.strerror}), "
                    "so the answer of the sign-in page would not arrive here. Nothing was opened.",
                    advice="Close the program that uses it, or sign in with --paste.",
                ) from error

    def _close(self) -> None:
        for server in self._servers:
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # on Windows it would let another program share the port

    def server_bind(self) -> None:
        """Bind without the parent's look-up of our own name, which takes seconds where DNS is slow."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is nothing to print about."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _handler_for(listener: RedirectListener) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SILENT_LINE

        def do_GET(self) -> None:
            status, page, result = listener.answer(self.path)
            try:
                self._show(status, page.encode())
            finally:
                listener.settle(result)  # after the page: what follows may end this program

        def _show(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Nothing: the request line holds the code."""

    return Handler


def _page(title: str, text: str) -> str:
    return _PAGE.format(title=escape(title), text=escape(text))
