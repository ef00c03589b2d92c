"""What all commands share: whatever happens, one clear sentence and a code, never a traceback or a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from connector.cli.frame import told, typed_in
from connector.errors import (
    ConfigProblem,
    DatabaseTrouble,
    DuebirdError,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
)


def ends_with(error: Exception) -> int:
    with pytest.raises(typer.Exit) as ended, told():
        raise error
    return ended.value.exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DuebirdError("No."), 1),
        (Rejected("No.", because=RejectedBecause.SETUP), 1),
        (Transient("Later."), 75),
        (Throttled("Later."), 75),
        (DatabaseTrouble("Somebody writes.", code="busy"), 75),
        (DatabaseTrouble("It is damaged."), 1),
        (ConfigProblem("It cannot work."), 78),
    ],
)
def test_each_kind_of_error_has_its_code(error: DuebirdError, code: int) -> None:
    assert ends_with(error) == code


def test_what_to_do_stands_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    ends_with(DuebirdError("It was not sent.", advice="Type: duebird check"))
    assert capsys.readouterr() == ("", "It was not sent.\nType: duebird check\n")


def test_a_fault_of_our_own_is_a_sentence_without_the_values_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends_with(ValueError("sk_live_canary")) == 1
    said = capsys.readouterr().err
    assert "This is a fault of Duebird (ValueError)." in said
    assert "canary" not in said
    assert "Traceback" not in said


def test_a_file_that_cannot_be_used_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends_with(PermissionError(13, "Permission denied", "/var/lib/duebird/state")) == 1
    assert capsys.readouterr().err == "/var/lib/duebird/state: Permission denied. The command was not finished.\n"


def test_whoever_reports_a_fault_can_see_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUEBIRD_TRACEBACK", "1")
    with pytest.raises(ValueError, match="canary"), told():
        raise ValueError("canary")


@pytest.mark.parametrize(
    ("advice", "shown"),
    [
        ("duebird show INV-7 --company acme", "duebird show INV-7 --company acme --config my.toml"),
        (
            "duebird check acme, then: duebird resume acme",
            "duebird check acme --config my.toml, then: duebird resume acme --config my.toml",
        ),
        (
            "duebird release 5 --customer and duebird release 6 --customer",
            "duebird release 5 --customer --config my.toml and duebird release 6 --customer --config my.toml",
        ),
        ("duebird show 'No. 7, old'", "duebird show 'No. 7, old' --config my.toml"),
        ("duebird preview   (raise caps)", "duebird preview --config my.toml   (raise caps)"),
        (
            "Stop Duebird there. To run it here: duebird recover a --begin",
            "Stop Duebird there. To run it here: duebird recover a --begin --config my.toml",
        ),
        ("Look for pi_1 in the Stripe dashboard.", "Look for pi_1 in the Stripe dashboard."),
    ],
)
def test_commands_of_an_item_name_the_configuration_that_was_named(advice: str, shown: str) -> None:
    assert typed_in(advice, Path("my.toml")) == shown
    assert typed_in(advice, None) == advice
