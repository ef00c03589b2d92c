"""The payer's page: what opens on a phone when the link in a text is tapped."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from adapters.sandbox.stripe.forms import Obj

ZERO_DECIMAL = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "CA$", "aud": "A$", "nzd": "NZ$"}

STYLE = """
:root { color-scheme: light; --ink: #1a2233; --soft: #5b6579; --line: #dfe3ea; --go: #1f4fd8; --paper: #ffffff; }
* { box-sizing: border-box; }
body { margin: 0; background: #f3f5f9; color: var(--ink); line-height: 1.45; -webkit-text-size-adjust: 100%;
  font: 17px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
header { display: flex; align-items: center; gap: 12px; max-width: 460px; margin: 0 auto; padding: 22px 20px 14px; }
.mark { flex: none; width: 40px; height: 40px; border-radius: 10px; background: var(--ink); color: #fff;
  display: grid; place-items: center; font-weight: 650; font-size: 18px; }
.who { font-weight: 600; }
main { max-width: 460px; margin: 0 auto; padding: 0 16px 32px; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 16px; padding: 24px 20px;
  box-shadow: 0 1px 2px rgb(20 30 60 / 6%); }
h1 { margin: 0; font-size: 19px; font-weight: 600; }
.amount { margin: 6px 0 0; font-size: clamp(30px, 10.5vw, 42px); line-height: 1.15; font-weight: 680;
  letter-spacing: -.02em; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.about { margin: 8px 0 0; color: var(--soft); }
form { display: grid; gap: 12px; margin-top: 24px; }
button { width: 100%; min-height: 54px; border-radius: 12px; border: 1px solid transparent; font: inherit;
  font-weight: 600; cursor: pointer; }
button.first { background: var(--go); color: #fff; }
button.second { background: #fff; color: var(--ink); border-color: #b9c1cf; }
button.plain { min-height: 44px; background: none; color: var(--soft); font-weight: 500; font-size: 15px;
  text-decoration: underline; }
button:focus-visible { outline: 3px solid #8fb0ff; outline-offset: 2px; }
.note { margin: 16px 0 0; padding: 12px 14px; border-radius: 10px; background: #f3f5f9; color: var(--soft);
  font-size: 15px; }
.note p { margin: 0 0 8px; } .note p:last-child { margin: 0; }
.bad { background: #fdecec; color: #8a1c1c; }
.badge { width: 56px; height: 56px; border-radius: 50%; display: grid; place-items: center; margin-bottom: 16px;
  background: #e3f5ea; color: #146c3a; }
.badge.wait { background: #fdf3dc; color: #7a5200; } .badge.stop { background: #eceff4; color: var(--soft); }
footer { max-width: 460px; margin: 0 auto; padding: 0 20px 32px; color: var(--soft); font-size: 14px;
  text-align: center; }
"""
_TICK = (
    '<svg width="28" height="28" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>'
)
BADGES = {
    "done": _TICK.format('<path d="M5 12.5l4.5 4.5L19 7.5"/>'),
    "wait": _TICK.format('<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>'),
    "stop": _TICK.format('<path d="M6 12h12"/>'),
}


def written(amount: int, currency: str) -> str:
    """Minor units as a person reads them."""
    places = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    whole, rest = divmod(amount, 10**places)
    figures = f"{whole:,}" + (f".{rest:0{places}d}" if places else "")
    sign = SIGNS.get(currency)
    return f"{sign}{figures}" if sign else f"{figures} {currency.upper()}"


def _frame(business: str, title: str, inside: str) -> str:
    first = escape(business[:1].upper() or "·")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)} · {escape(business)}</title>
<style>{STYLE}</style>
</head>
<body>
<header><span class="mark" aria-hidden="true">{first}</span><span class="who">{escape(business)}</span></header>
<main><section class="card">{inside}</section></main>
<footer>Sandbox payment page. No real money moves.</footer>
</body>
</html>
"""


def _what(line: Obj, session: Obj) -> str:
    return (
        f"<h1>{escape(line['description'])}</h1>"
        f'<p class="amount">{escape(written(session["amount_total"], session["currency"]))}</p>'
    )


def offer(business: str, line: Obj, product: Obj | None, session: Obj, *, declined: bool = False) -> str:
    """The open page with its buttons."""
    about = (product or {}).get("description")
    said = (session["custom_text"].get("submit") or {}).get("message")
    note = f'<div class="note"><p>{escape(said)}</p></div>' if said and said != about else ""
    refused = (
        '<div class="note bad" role="alert"><p>Your card was declined. Nothing was charged. Try another card, or pay '
        "from your bank account.</p></div>"
        if declined
        else ""
    )
    inside = f"""{_what(line, session)}
{f'<p class="about">{escape(about)}</p>' if about else ""}
{refused}
<form method="post">
<input type="hidden" name="session" value="{escape(session["id"])}">
<button class="first" name="method" value="card">Pay by card</button>
<button class="second" name="method" value="bank">Pay from bank account</button>
<button class="plain" name="method" value="declined">Try a card that is declined</button>
</form>
{note}"""
    return _frame(business, line["description"], inside)


def outcome(business: str, line: Obj, link: Obj, session: Obj, intent: Obj | None) -> str:
    """What became of a page that is open no more."""
    if session["status"] == "expired":
        return _frame(
            business,
            "Page expired",
            f'<div class="badge stop">{BADGES["stop"]}</div><h1>This page has expired</h1>'
            '<p class="about">Nothing was charged. Open the link in your newest message again.</p>',
        )
    thanks = link["after_completion"]["hosted_confirmation"]["custom_message"] or "Thank you."
    if session["payment_status"] == "paid":
        badge, heading, more = "done", "Payment received", thanks
    elif intent is not None and intent["status"] == "processing":
        day = datetime.fromtimestamp(intent["created"], UTC)
        badge, heading = "wait", "Bank payment started"
        more = f"Started on {day.day} {day:%B %Y}. Your bank usually needs about four working days."
    else:
        badge, heading, more = "stop", "The bank payment did not go through", "Nothing was charged."
    inside = (
        f'<div class="badge {"wait" if badge == "wait" else "stop" if badge == "stop" else ""}">{BADGES[badge]}</div>'
        f'<h1 role="status">{escape(heading)}</h1>'
        f'<p class="amount">{escape(written(session["amount_total"], session["currency"]))}</p>'
        f'<p class="about">{escape(line["description"])}</p>'
        f'<div class="note"><p>{escape(more)}</p></div>'
    )
    return _frame(business, heading, inside)


def dead(business: str, link: Obj) -> str:
    """A visit to a link that takes no more payments."""
    said = link["inactive_message"] or "This link is no longer active."
    return _frame(
        business,
        "Link no longer active",
        f'<div class="badge stop">{BADGES["stop"]}</div><h1>This link is no longer active</h1>'
        f'<div class="note"><p>{escape(said)}</p></div>',
    )


def unknown() -> str:
    """No such link."""
    return _frame(
        "Sandbox",
        "Page not found",
        '<h1>Page not found</h1><p class="about">Check that the whole address was copied.</p>',
    )
