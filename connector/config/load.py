"""From the file to settings that can work, or to every reason why not."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.secrets import ResolvedSecrets, SecretUnreadable, resolve
from connector.config.checks import check_all
from connector.config.document import Company, Document, KeyPath, with_defaults
from connector.config.explain import problems_of
from connector.config.findings import Findings
from connector.config.problems import InvalidConfig, Problem, Warned
from connector.config.settings import Settings
from connector.config.syntax import parse, read_file
from connector.config.wording_files import WithWordings, with_wordings
from connector.pointers import SecretPointer


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can work.

    `secrets` holds what was read for the enabled companies; empty where it was loaded without.
    """

    settings: Settings
    warnings: tuple[Warned, ...]
    path: Path
    state_dir: Path
    secrets: ResolvedSecrets


@dataclass(frozen=True, slots=True)
class SecretsOf:
    """Whose secrets a command needs: it must not stumble over those of others, which may not be set up yet."""

    company: str | None = None  # None: every enabled one
    section: str | None = None  # of the company, such as "ledger"; None: all

    def wants(self, company: Company, path: KeyPath) -> bool:
        """Whether the secret at that path is one of them."""
        if self.company is not None and company.raw.get("id") != self.company:
            return False
        return self.section is None or self.section in path


def load(
    path: Path, environ: Mapping[str, str], *, with_secrets: bool = True, secrets_of: SecretsOf | None = None
) -> Loaded:
    """Read and check the configuration.

    Args:
        path: the TOML file; relative paths inside it are looked up from its folder.
        environ: the environment, for `env:` and `credential:` pointers and systemd's state folder.
        with_secrets: read every secret of the enabled companies too, and check what can only be seen there. False is
            for commands that call no service, which must work where the secrets are not (another account, a laptop).
        secrets_of: read only these.

    Raises:
        ConfigProblem: it cannot work; an `InvalidConfig` with every problem found, each with path and fix.
    """
    return load_text(read_file(path), path, environ, with_secrets=with_secrets, secrets_of=secrets_of)


def load_text(
    text: str,
    path: Path,
    environ: Mapping[str, str],
    *,
    with_secrets: bool = True,
    secrets_of: SecretsOf | None = None,
) -> Loaded:
    """The same for a text that is, or would be, at `path`.

    Raises:
        ConfigProblem: as `load`.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow a link away from the secrets beside it
    written = with_wordings(parse(text, path), path.parent)
    document = with_defaults(written.raw)
    settings, problems = problems_of(document)
    problems = [*_told_with_file(problems, document, written), *_unread_words(document, written)]
    secrets, unread = ResolvedSecrets(), list[tuple[KeyPath, SecretUnreadable]]()
    if with_secrets:
        secrets, unread = _read_secrets(document, path.parent, environ, secrets_of or SecretsOf())
    found = check_all(document, secrets)
    for pointer_path, error in unread:
        found.problem(pointer_path, error.wrong, error.advice)
    _guard_file(path, document, found)
    problems = sorted([*problems, *found.problems], key=_in_file_order)
    if settings is None or problems:
        raise InvalidConfig(problems, origin=path, warnings=found.warnings)
    try:
        state_dir = _state_dir(settings, path, environ)
    except RuntimeError:  # "~name" of somebody who does not exist
        wrong = Problem("state_dir", "", "begins with ~, and there is no such home folder", "Write the whole path.")
        raise InvalidConfig([wrong], origin=path, warnings=found.warnings) from None
    return Loaded(settings, tuple(found.warnings), path, state_dir, secrets)


def _told_with_file(problems: list[Problem], document: Document, written: WithWordings) -> list[Problem]:
    """A wording that cannot be used, with the file it stands in."""
    files = {document.named(path): name for path, name in written.files.items()}
    return [replace(one, seen=f"'{files[one.path]}'") if one.path in files else one for one in problems]


def _unread_words(document: Document, written: WithWordings) -> list[Problem]:
    return [Problem(document.named(path), "", fault.wrong, fault.fix) for path, fault in written.faults.items()]


def _in_file_order(problem: Problem) -> tuple[bool, int]:
    """What is shared first, then company by company; a stable sort keeps the rest as found."""
    company = re.match(r"company\[(\d+)\]", problem.path)
    return company is not None, int(company[1]) if company else 0


def _read_secrets(
    document: Document, base_dir: Path, environ: Mapping[str, str], wanted: SecretsOf
) -> tuple[ResolvedSecrets, list[tuple[KeyPath, SecretUnreadable]]]:
    """Every wanted secret of the enabled companies, each read once, and what could not be read."""
    values: dict[SecretPointer, str] = {}
    errors: dict[SecretPointer, SecretUnreadable] = {}
    unread = []
    for company in document.companies:
        for path, pointer in company.pointers() if company.enabled else ():
            if not wanted.wants(company, path):
                continue
            if pointer not in values and pointer not in errors:
                try:
                    values[pointer] = resolve(pointer, base_dir=base_dir, environ=environ)
                except SecretUnreadable as error:
                    errors[pointer] = error
            if pointer in errors:
                unread.append((path, errors[pointer]))
    return ResolvedSecrets(values), unread


def _guard_file(path: Path, document: Document, found: Findings) -> None:
    """A file with secrets in it that everybody can read."""
    literal = any(
        pointer.scheme == "literal" and where[-1] != "client_id"
        for company in document.companies
        for where, pointer in company.pointers()
    )
    try:
        mode = path.stat().st_mode
    except OSError:  # a text that is not there yet
        return
    if literal and os.name == "posix" and mode & stat.S_IROTH:
        found.warnings.append(
            Warned(
                str(path), "", "holds a secret, and everybody on this machine can read it", f"Type: chmod 600 '{path}'"
            )
        )


def _state_dir(settings: Settings, path: Path, environ: Mapping[str, str]) -> Path:
    """Where state lives: the file's word, else systemd's StateDirectory=, else the platform's place."""
    if settings.state_dir is not None:
        return path.parent / Path(settings.state_dir).expanduser()
    given = environ.get("STATE_DIRECTORY")
    if given:
        return Path(given.partition(":")[0])  # systemd lists several with colons; the first is ours
    from platformdirs import user_state_path

    return user_state_path("duebird", appauthor=False)
