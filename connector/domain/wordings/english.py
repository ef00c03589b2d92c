"""English, as it is read everywhere."""

from __future__ import annotations

from typing import Final

from connector.domain.wordings.language import LanguageWords

ENGLISH: Final = LanguageWords(
    code="en",
    name="English",
    issued="[Hi {first_name}, ]your invoice[ {invoice}] from {business}: {amount}[, due {due}]. Pay online: {link}",
    upcoming=(
        "[Hi {first_name}, ]{business} here: your invoice[ {invoice}] for {amount}[ is due {due}]. Pay online: {link}"
    ),
    due="[Hi {first_name}, ]{business} here: your invoice[ {invoice}] for {amount} is due today. Pay online: {link}",
    past_due=(
        "[Hi {first_name}, ]{business} here: your invoice[ {invoice}] for {amount} was due[ {due}]. Pay online: {link}"
    ),
    overdue=(
        "[Hi {first_name}, ]{business} here: your invoice[ {invoice}] for {amount}[, due {due},] is still "
        "open. Pay online: {link}"
    ),
    overdue_2=(
        "[Hi {first_name}, ]{business}: invoice[ {invoice}] for {amount} is still open. Questions? Just "
        "reply. Pay: {link}"
    ),
    overdue_3=(
        "[Hi {first_name}, ]{business} about invoice[ {invoice}], {amount}. Is something wrong? Just reply. Pay: {link}"
    ),
    joint="[Hi {first_name}, ]{business}: {count} invoices[ ({invoice})] are open, {amount} in all. Pay: {link}",
    receipt=(
        "[Hi {first_name}, ]thank you! {business} received your payment of {amount}[ for invoice {invoice}]."
        "[ {rest} is left to pay.]"
    ),
    paid="Duebird for {business}: {customer} paid {amount}[ for invoice {invoice}]. It is booked.",
    request="{business} here. {ask}",
    ask="Reply YES to get invoices and payment reminders from us by text.",
    part="part {which} of {count}[, total {total}]",
    opt_out="Reply STOP to opt out.",
    somebody="A customer",
)
