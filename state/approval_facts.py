"""Facts about what the owner says before texts go out: approvals, going live, disputes and promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, update
from sqlmodel import col, select

from connector.domain.approval import Ask, Verdict, Word
from connector.domain.dunning import Reason, Step
from connector.domain.money import Money
from connector.domain.phone import Phone
from state import books
from state.facts import Facts, put_hold
from state.names import ALL, DISPUTE, DRAFT, PROMISE, REPLY
from state.rows import change, table_of
from state.tables import ApprovalRow, AttentionRow, HoldRow, ReceivableRow

LIVE: Final = "live"  # verdict on a whole company; the other is DRAFT
OURSELVES: Final = "duebird"

_APPROVAL: Final = table_of(ApprovalRow)
_SAID: Final = insert(_APPROVAL)
_VOID: Final = (
    update(_APPROVAL).where(_APPROVAL.c.company == bindparam("whose"), _APPROVAL.c.ledger_id != ALL).values(void=True)
)
_HOLD: Final = table_of(HoldRow)
_HOLD_ENDED: Final = delete(_HOLD).where(
    *(_HOLD.c[name] == bindparam(f"held_{name}") for name in ("company", "scope", "subject"))
)
_RECEIVABLE: Final = table_of(ReceivableRow)
_ANSWERED: Final = (
    update(_RECEIVABLE)
    .where(_RECEIVABLE.c.company == bindparam("whose"), _RECEIVABLE.c.ledger_id == bindparam("which"))
    .values(reason=bindparam("reason"), review_at=bindparam("review_at"))
)
# Once a day: a number has waited long enough, and what is settled needs neither promise nor dispute.
_REPLIES_OVER: Final = delete(_HOLD).where(
    _HOLD.c.company == bindparam("whose"), _HOLD.c.scope == REPLY, _HOLD.c.until < bindparam("today")
)
_SETTLED: Final = delete(_HOLD).where(
    _HOLD.c.company == bindparam("whose"),
    _HOLD.c.scope.in_([DISPUTE, PROMISE]),
    # Asked of each hold by the key of its invoice: there are few holds, and settled invoices grow with the years.
    select(_RECEIVABLE.c.ledger_id)
    .where(
        _RECEIVABLE.c.company == _HOLD.c.company,
        _RECEIVABLE.c.ledger_id == _HOLD.c.subject,
        _RECEIVABLE.c.state.in_(["paid", "voided", "deleted"]),
    )
    .correlate(_HOLD)
    .exists(),
)


def word_of(row: ApprovalRow) -> Word:
    """The value a row holds."""
    amount = Money.from_minor(row.amount, row.currency)
    return Word(Verdict(row.verdict), Step(row.step), amount, Phone(row.phone), row.at)


def put_asked(connection: Connection, company: str, asked: Mapping[str, Ask], now: datetime) -> None:
    """Put notices before the owner, by receivable, within a fact of the caller."""
    change(
        connection,
        _SAID,
        [
            {
                **_about(company, ledger_id, Verdict.ASKED, OURSELVES, now),
                "step": ask.step.value,
                "phone": ask.phone.e164,
                "amount": ask.amount.minor,
                "currency": ask.amount.currency,
                "body": ask.body,
            }
            for ledger_id, ask in asked.items()
        ],
    )


def void_approvals(connection: Connection, company: str) -> None:
    """What was said of notices counts no more, within a fact of the caller: nobody knows what was said since."""
    change(connection, _VOID, {"whose": company})


def drop_what_is_over(connection: Connection, company: str, today: date) -> None:
    """Drop waits and promises that no decision needs any more."""
    change(connection, _REPLIES_OVER, {"whose": company, "today": today})
    change(connection, _SETTLED, {"whose": company})


def _about(company: str, ledger_id: str, verdict: str, by: str, now: datetime) -> dict[str, object]:
    return {
        "company": company,
        "ledger_id": ledger_id,
        "verdict": verdict,
        "step": "",
        "phone": "",
        "amount": 0,
        "currency": "",
        "body": "",
        "by": by,
        "at": now,
        "void": False,
    }


class ApprovalFacts(Facts):
    """What the owner said."""

    def said(self, company: str, asked: Sequence[ApprovalRow], verdict: Verdict, by: str, now: datetime) -> None:
        """The owner's word on notices just as they were asked about; each is decided on anew.

        `by`: the user of the operating system who gave it.
        """
        with self.database.record() as connection:
            words = [
                {
                    **_about(company, row.ledger_id, verdict.value, by, now),
                    **{name: getattr(row, name) for name in ("step", "phone", "amount", "currency", "body")},
                }
                for row in asked
            ]
            change(connection, _SAID, words)
            # At once, so that what was answered is on no list any more; what follows is decided in the next pass.
            reason = Reason.IN_PROGRESS if verdict is Verdict.APPROVED else Reason.NOT_APPROVED
            place = {"whose": company, "reason": reason.value, "review_at": now}
            change(connection, _ANSWERED, [{**place, "which": row.ledger_id} for row in asked])
        self._answered(company, by, now)

    def _answered(self, company: str, by: str, now: datetime) -> None:
        """Who said a word has seen that something waits; what still does is told again a day later."""
        with self.database.write() as session:
            for item in session.exec(
                select(AttentionRow).where(
                    AttentionRow.company == company,
                    col(AttentionRow.closed_at).is_(None),
                    col(AttentionRow.key).startswith(f"{company}/approval/", autoescape=True),
                )
            ):
                item.closed_at, item.closed_by = now, by
                session.add(item)

    def went_live(self, company: str, by: str, now: datetime) -> None:
        """The company leaves draft, or is not to begin in it: what waited for approval is decided anew."""
        with self.database.write() as session:
            row = session.get(HoldRow, (company, DRAFT, ALL))
            if row is not None:
                session.delete(row)
            change(session.connection(), _SAID, _about(company, ALL, LIVE, by, now))
            for waiting in session.exec(
                select(ReceivableRow).where(
                    ReceivableRow.company == company, ReceivableRow.reason == Reason.AWAITING_APPROVAL
                )
            ):
                waiting.review_at, waiting.reason = now, Reason.IN_PROGRESS
                session.add(waiting)
        self._answered(company, by, now)

    def went_back_to_draft(self, company: str, by: str, now: datetime) -> bool:
        """No notice goes out any more that is not approved; False where it was in draft."""
        with self.database.write() as session:
            if session.get(HoldRow, (company, DRAFT, ALL)) is not None:
                return False
            session.add(HoldRow(company=company, scope=DRAFT, subject=ALL, why=f"by {by}", since=now))
            change(session.connection(), _SAID, _about(company, ALL, DRAFT, by, now))
            return True

    def disputed(self, company: str, ledger_ids: Sequence[str], why: str, now: datetime) -> None:
        """No notices about these until the dispute is over."""
        with self.database.record() as connection:
            for ledger_id in ledger_ids:
                put_hold(connection, company, DISPUTE, ledger_id, why, now)
                books.review(connection, company, ledger_id, now)

    def promised(self, company: str, ledger_id: str, until: date, why: str, now: datetime) -> None:
        """Payment is promised for that day, of the company's zone: no notices through it."""
        with self.database.record() as connection:
            put_hold(connection, company, PROMISE, ledger_id, why, now, until)
            books.review(connection, company, ledger_id, now)

    def hold_over(self, company: str, scope: str, ledger_id: str, now: datetime) -> bool:
        """A dispute or a promise is over; False where there was none."""
        with self.database.record() as connection:
            held = {"held_company": company, "held_scope": scope, "held_subject": ledger_id}
            books.review(connection, company, ledger_id, now)
            return change(connection, _HOLD_ENDED, held) > 0

    def answered(self, company: str, phone: str, now: datetime) -> bool:
        """Notices to that number wait no more for an answer to what it wrote; False where none did."""
        with self.database.record() as connection:
            held = {"held_company": company, "held_scope": REPLY, "held_subject": phone}
            books.review_phone(connection, company, phone, now)
            return change(connection, _HOLD_ENDED, held) > 0
