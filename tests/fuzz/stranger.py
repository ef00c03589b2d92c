"""What a stranger sends to a webhook door: requests drawn from what is right, what is nearly right, and noise."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from tests.flow.office import NOON
from tests.web.reception import (
    PUBLIC,
    SENDER,
    TWILIO_TOKEN,
    VERIFIER,
    XERO_KEY,
    paid,
    sha256_base64,
    stripe_signature,
    twilio_signature,
)

PATIENCE = 30.0  # seconds for an answer, on a machine that does other things too
DOORS = ("acme/stripe", "acme/twilio/inbound", "acme/twilio/status", "acme/quickbooks", "gamma/quickbooks", "beta/xero")
STOP = {"MessageSid": "SM" + "7" * 32, "From": "+12125550123", "To": SENDER, "Body": "STOP"}


@dataclass(frozen=True)
class Sent:
    """The bytes of a request, in the pieces in which they go out."""

    pieces: tuple[bytes, ...]


def exchange(port: int, request: Sent) -> list[int]:
    """Send it, say that nothing more comes, and read what is answered until the line is closed: every status."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        heard = b""
        try:
            for piece in request.pieces:
                line.sendall(piece)
            line.shutdown(socket.SHUT_WR)
            while more := line.recv(65_536):
                heard += more
        except TimeoutError:
            raise
        except OSError:
            pass  # turned away before it had finished, which is an answer too
    return statuses(heard)


def statuses(heard: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", heard)]


# --------------------------------------------------------------------------------------- genuine signatures, misused

NOW = int(NOON.timestamp())


def of_other_bodies() -> list[tuple[bytes, bytes]]:
    """Headers as the services themselves would sign them, for a body that is not the one they will stand beside."""
    other = b'{"other": true}'
    form = urlencode(STOP).encode()
    found = [
        ("stripe-signature", stripe_signature(other, NOW)),
        ("stripe-signature", f"t={NOW},v1=" + "0" * 64),
        ("stripe-signature", f"t={NOW}" + ",v1=00" * 40),
        ("stripe-signature", f"t={NOW},t={NOW},v1=00"),
        ("stripe-signature", "t=99999999999999999999,v1=x"),
        ("intuit-signature", sha256_base64(VERIFIER, other)),
        ("intuit-signature", sha256_base64(XERO_KEY, b"{}")),
        ("x-xero-signature", sha256_base64(XERO_KEY, other)),
        ("x-xero-signature", sha256_base64(VERIFIER, form)),
        ("x-twilio-signature", twilio_signature(f"{PUBLIC}/hooks/quiet/twilio/inbound", STOP)),
        ("x-twilio-signature", twilio_signature(f"{PUBLIC}/hooks/acme/twilio/inbound", STOP, "guessed")),
        ("x-twilio-signature", twilio_signature("https://evil.example/hooks/acme/twilio/inbound", STOP, TWILIO_TOKEN)),
        ("x-twilio-webhooks-signature-settings", "key=k,algorithm=HMAC_SHA256"),
        ("x-twilio-webhooks-signature-settings", "algorithm=NONE"),
    ]
    return [(name.encode(), value.encode()) for name, value in found]


# Right for an event, an hour ago and an hour from now: replayed, and made beforehand.
STALE = [
    (stripe_signature(body, NOW + shift).encode(), body)
    for shift in (-86_400, -3600, -301, 301, 3600)
    for body in (b'{"id": "evt_9", "type": "payout.paid"}', b"{}")
]

# -------------------------------------------------------------------------------------------------------- strategies

token = st.binary(max_size=8)
visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40).map(str.encode)
bodies = st.one_of(
    st.binary(max_size=3000),
    st.text(max_size=500).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            *(b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"id": "evt_1", "type": "checkout.session.completed"}'),
            *(b"[" * 20_000, b'{"a":' * 20_000, b"9" * 20_000, b'"' + b"\\u0000" * 3000 + b'"', b"a=b&" * 5000),
            *(urlencode(STOP).encode(), b"Body=%ff%fe&From=%00", str(paid()).encode()),
            b"\x1f\x8b\x08\x00" + b"\0" * 500,  # looks compressed
        ]
    ),
)
methods = st.sampled_from([b"POST"] * 12 + [b"GET", b"HEAD", b"PUT", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI"]) | token
targets = st.one_of(
    st.sampled_from([f"/hooks/{door}".encode() for door in DOORS] * 3),
    st.sampled_from(DOORS).flatmap(lambda door: visible.map(lambda tail: f"/hooks/{door}?".encode() + tail)),
    st.text(max_size=30).map(lambda text: f"/hooks/{quote(text)}".encode()),
    visible.map(lambda path: b"/" + path),
    st.sampled_from([b"*", b"//", b"/hooks/acme/../acme/stripe", b"/hooks/%ff/stripe", b"/hooks/acme%2fstripe"]),
    st.just(b"http://evil.example/hooks/acme/stripe"),
    st.binary(max_size=30),
)
versions = st.sampled_from([b"HTTP/1.1"] * 8 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.1\x00", b""])
headers = st.lists(
    st.one_of(
        st.sampled_from(of_other_bodies()),
        st.tuples(
            st.sampled_from(
                [
                    *(b"stripe-signature", b"x-twilio-signature", b"intuit-signature", b"x-xero-signature"),
                    *(b"content-type", b"content-encoding", b"expect", b"upgrade", b"connection", b"x-forwarded-for"),
                    *(b"host", b"cookie", b"te", b"trailer", b"content-length", b"transfer-encoding"),
                ]
            ),
            visible
            | st.sampled_from([b"100-continue", b"websocket", b"chunked", b"gzip", b"-1", b"999999999999999999"]),
        ),
        st.tuples(st.binary(max_size=12), st.binary(max_size=60)),
    ),
    max_size=8,
)


@st.composite
def requests(draw: st.DrawFn) -> Sent:
    """A request that no service signed."""
    if draw(st.integers(0, 19)) == 0:
        return Sent((draw(st.binary(max_size=4000)),))
    body = draw(bodies)
    given = draw(headers)
    if draw(st.integers(0, 7)) == 0:
        signature, body = draw(st.sampled_from(STALE))
        given = [(b"stripe-signature", signature)]
    head = draw(methods) + b" " + draw(targets) + b" " + draw(versions) + b"\r\n"
    head += b"Host: x\r\n" * draw(st.sampled_from([1, 1, 1, 1, 0, 2]))
    head += b"".join(name + b": " + value + b"\r\n" for name, value in given)
    return cut(draw, head, framed(draw, body))


def framed(draw: st.DrawFn, body: bytes) -> bytes:
    """The body behind what says how long it is, which may be wrong."""
    how = draw(st.sampled_from(["length", "length", "length", "chunked", "short", "long", "none", "both", "torn"]))
    length = {"short": max(0, len(body) - 7), "long": len(body) + 7}.get(how, len(body))
    if how == "none":
        return b"\r\n" + body
    if how in {"length", "short", "long"}:
        return b"Content-Length: %d\r\n\r\n" % length + body
    size = draw(st.integers(1, 700))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in sliced(body, size)) + b"0\r\n\r\n"
    if how == "torn":
        chunks = b"zz\r\n" + chunks
    also = b"Content-Length: %d\r\n" % length if how == "both" else b""
    return also + b"Transfer-Encoding: chunked\r\n\r\n" + chunks


def sliced(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


def cut(draw: st.DrawFn, head: bytes, rest: bytes) -> Sent:
    """In one piece or several, whole or broken off."""
    whole = head + rest
    if draw(st.integers(0, 9)) == 0:
        whole = whole[: draw(st.integers(0, len(whole)))]
    at: Sequence[int] = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=3)))
    return Sent(tuple(whole[start:end] for start, end in zip([0, *at], [*at, len(whole)], strict=True)))
