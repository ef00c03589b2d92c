"""Names under which things are remembered. Light: `status` imports it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)  # before any reading

# Of cursors.
LEDGER_CURSOR: Final = "ledger"
SWEEP_PAGE: Final = "sweep_page"
SWEPT_AT: Final = "swept_at"
HINTS_SINCE: Final = "hints_since"
PAYMENTS_SINCE: Final = "payments_since"
REFUNDS_FROM: Final = "refunds_from"  # what goes back from then on is entered; "" where none is
EXCHANGE_SINCE: Final = "exchange_since"  # entries done from then on are looked at for a difference; "" where none is
EXCHANGE_WAITING: Final = "exchange_waiting"  # those of which it is not known yet; see `flows.exchange_difference`
EXCHANGE_NEWS: Final = "exchange_news"  # news from then on is looked at for money that came again without an entry
BALANCE_PLACE: Final = "balance_place"  # as JSON; see `connector.flows.cash_place`
INBOUND_SINCE: Final = "inbound_since"
SINGLE_READS: Final = "single_reads"  # "pending" while receivables wait to be read one by one
OPEN_AT_SWEEP: Final = "open_at_sweep"  # how many receivables were open once the last full reading was done
RULES: Final = "rules"  # what the decisions on record were made by
PASSED: Final = "passed"
CLOCK_SKEW: Final = "clock_skew"  # seconds by which this machine and a service disagree; "0" once they agree again

# What of the list was mailed to the owner by now, as JSON.
MAILED_AT_ONCE: Final = "mailed_at_once"
MAILED_DAILY: Final = "mailed_daily"

REBUILD: Final = "rebuild"  # how far a rebuild has come and what it found, as JSON; see `state.recovery_facts`

# The hold that stops all texts of a company.
TEXTS: Final = "texts"
# The hold of a company whose memory is to be rebuilt from its services first: no effect of any kind.
RECOVERY: Final = "recovery"
# The hold of a company that has not gone live: no notice that the owner has not approved.
DRAFT: Final = "draft"
# Holds of one invoice: in dispute, or promised to be paid. And of one number: it has written, and waits for an answer.
DISPUTE: Final = "dispute"
PROMISE: Final = "promise"
REPLY: Final = "reply"
ALL: Final = "*"
# Holds on the sender: its subject is the other company that sends from the same, or a country that refuses it.
SENDER: Final = "sender"
COUNTRY: Final = "country"
