"""An office whose database is lost, spoilt or put back, while the services go on: what the restore tests share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event

from connector.domain.phone import Phone
from connector.flows.lease import let_go
from state.migrate import migrate
from state.place import DATABASE_NAME
from tests.flow.office import DOLLARS, Office

OMAR, LENA, IVO = Phone("+12125550144"), Phone("+12125550155"), Phone("+12125550166")
WHY = "a backup was put back"


class Backups:
    """A copy of the database as it stands after each commit, as a backup taken at that moment would be."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.file = folder / DATABASE_NAME
        self.taken: list[bytes] = []
        event.listen(office.database.engine, "commit", self._before_commit)

    def _before_commit(self, _connection: object) -> None:
        self.taken.append(self.file.read_bytes())  # what the commit before this one left


def story(office: Office) -> dict[str, str]:
    """Four customers: one pays, one lets it stand, one says STOP, one has an invoice that is due in two days."""
    customers = {
        "pays": office.customer("Maya"),
        "stands": office.customer("Omar", mobile=OMAR.e164),
        "stops": office.customer("Lena", mobile=LENA.e164),
        "due": office.customer("Ivo", mobile=IVO.e164),
    }
    invoices = {name: office.issue(customers[name], due_in=2 if name == "due" else 14) for name in customers}
    office.run()
    office.carrier.reply(LENA, "STOP")
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=2)
    office.run(2)
    return invoices


def live_on(office: Office, span: timedelta) -> None:
    """The old installation goes on working for a while: what it does then, the backup does not know."""
    passes = 4 if span < timedelta(days=2) else 12
    for _ in range(passes):
        office.clock.advance(span / passes)
        office.run()


def put_back(office: Office, folder: Path, backup: bytes | None) -> None:
    """End the program cleanly and replace its database; None: by nothing."""
    let_go(office.company)
    office.database.close()
    for leftover in folder.glob(f"{DATABASE_NAME}*"):
        leftover.unlink()
    if backup is not None:
        file = folder / DATABASE_NAME
        file.write_bytes(backup)
        file.chmod(0o600)
    migrate(f"sqlite:///{folder / DATABASE_NAME}")
    office.restart()
    office.company.store.recovery_needed("acme", WHY, office.clock.now())


def until_calm(office: Office, *, hours: int = 3, each: Callable[[], None] = lambda: None) -> None:
    for _ in range(hours * 2):
        office.wait(minutes=30)
        office.run()
        each()


__all__ = [
    "DOLLARS",
    "IVO",
    "LENA",
    "OMAR",
    "WHY",
    "Backups",
    "live_on",
    "put_back",
    "story",
    "until_calm",
]
