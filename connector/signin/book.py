"""Which company is connected through which sign-in: a small file beside the tokens, without secrets."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from adapters.private_files import locked, private_folder, read_private, write_private
from connector.errors import ConfigProblem

FORMAT: Final = 1
LOCK_WAIT: Final = 10.0  # seconds; its holder reads and writes one small file


@dataclass(frozen=True, slots=True)
class ConnectionEntry:
    """One company's connection. `connection` names the sign-in in the token store; several companies may share it."""

    kind: str  # "quickbooks", "xero"
    connection: str
    tenant_id: str  # realm id, tenant id
    tenant_name: str  # "" where the sign-in does not say
    connected_at: datetime  # UTC


class TenantTaken(ConfigProblem):
    """Another company of this configuration already has these books."""


class ConnectionBook:
    """Company id -> `ConnectionEntry`, kept in `connections.json` of the tokens' folder."""

    def __init__(self, folder: Path) -> None:
        """Args: folder: the private folder of the tokens."""
        self._folder = folder
        self._path = folder / "connections.json"

    def get(self, company: str) -> ConnectionEntry | None:
        """The company's connection, None when it has none."""
        return self.all().get(company)

    def all(self) -> Mapping[str, ConnectionEntry]:
        """Every company's connection.

        Raises:
            ConfigProblem: the file is damaged, or others may read it.
        """
        private_folder(self._folder)
        content = read_private(self._path)
        if content is None:
            return {}
        try:
            return _entries(json.loads(content))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigProblem(
                f"{self._path}, which says who is connected to what, is damaged. It was not changed.",
                advice=f"Put it back from a backup; or remove it and sign in again for each company: "
                f"rm '{self._path}' and duebird connect COMPANY",
            ) from error

    def users_of(self, connection: str) -> set[str]:
        """Companies that use this sign-in."""
        return {company for company, entry in self.all().items() if entry.connection == connection}

    def holder_of(self, kind: str, tenant_id: str, among: Collection[str]) -> str | None:
        """The company of `among` that has these books, None where nobody has."""
        for company, entry in self.all().items():
            if company in among and entry.kind == kind and entry.tenant_id == tenant_id:
                return company
        return None

    def claim(self, company: str, entry: ConnectionEntry, among: Collection[str]) -> None:
        """Write the company's connection down.

        Args:
            company: whose.
            entry: the connection.
            among: the companies of the configuration; one that was removed from it holds nothing any more.

        Raises:
            TenantTaken: another company of `among` has these books.
        """
        with self._alone():
            holder = self.holder_of(entry.kind, entry.tenant_id, set(among) - {company})
            if holder is not None:
                raise taken(entry.tenant_name or entry.tenant_id, holder)
            self._write({**self.all(), company: entry})

    def remove(self, company: str) -> None:
        """Strike the company out; harmless when it is not there."""
        with self._alone():
            self._write({name: entry for name, entry in self.all().items() if name != company})

    def _alone(self) -> AbstractContextManager[None]:
        private_folder(self._folder)
        return locked(
            self._path.with_suffix(".lock"), wait=LOCK_WAIT, busy=f"Another Duebird has been writing {self._path}."
        )

    def _write(self, entries: Mapping[str, ConnectionEntry]) -> None:
        rows = {
            company: {**asdict(entry), "connected_at": entry.connected_at.isoformat()}
            for company, entry in entries.items()
        }
        write_private(self._path, json.dumps({"format": FORMAT, "companies": rows}, indent=2).encode())


def taken(books: str, holder: str) -> TenantTaken:
    """The error for books that another company has."""
    return TenantTaken(
        f"The books '{books}' already belong to company '{holder}' in this configuration. Nothing was connected: "
        "two companies on the same books would text the same customers twice.",
        advice=f"Choose other books; or first type: duebird disconnect {holder}",
    )


def _entries(values: Mapping[str, Any]) -> dict[str, ConnectionEntry]:
    if values["format"] != FORMAT:
        raise ValueError("written by another version of Duebird")
    return {company: _entry(row) for company, row in values["companies"].items()}


def _entry(row: Mapping[str, str]) -> ConnectionEntry:
    return ConnectionEntry(
        kind=row["kind"],
        connection=row["connection"],
        tenant_id=row["tenant_id"],
        tenant_name=row["tenant_name"],
        connected_at=datetime.fromisoformat(row["connected_at"]).astimezone(UTC),
    )
