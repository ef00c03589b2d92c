"""What all commands share: whatever happens, one clear sentence and a code, never a traceback or a secret."""

from __future__ import annotations

import pytest
import typer

from connector.cli.frame import told
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
