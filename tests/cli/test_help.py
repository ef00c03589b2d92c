"""The help page: every command in one place, each with a whole sentence, and nothing slow loaded for it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from connector.cli.grouped import REST, SECTIONS
from connector.cli.main import app
from tests.architecture.test_rings import loaded_by

NAMES = [name for names in SECTIONS.values() for name in names]


def test_each_command_stands_in_one_section_and_each_section_names_commands_there_are() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert REST not in shown, "a command stands in no section"
    assert len(NAMES) == len(set(NAMES))
    for name in NAMES:
        assert f"\n  {name} " in shown, name


@pytest.mark.parametrize("command", [[], ["consent"], ["config"], ["sandbox"]])
def test_no_sentence_of_a_help_page_is_cut(command: list[str]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert "..." not in shown.output.replace("[ARGS]...", "")


def test_a_help_page_loads_no_rich() -> None:
    statement = (
        "import contextlib, io, sys; sys.argv = ['duebird', '--help']\n"
        "from connector.cli.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n    main()"
    )
    assert "rich" not in loaded_by(statement)
