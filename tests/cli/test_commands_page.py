"""The page of commands says what the program can do: no more, no less."""

from __future__ import annotations

import re
from typing import Any

import pytest

from connector.cli.main import app
from tests.architecture.tree import ROOT
from tests.cli.tree import commands_of

PAGE = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
COMMANDS = {" ".join(path): command for path, command in commands_of(app)}
SECTION = re.compile(r"^### (.*?)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SHARED = {"--help", "-h", "-c"}


def section_of(name: str) -> tuple[str, str]:
    """Heading and text of the section a command stands in."""
    for heading, text in SECTION.findall(PAGE):
        named = re.findall(r"`duebird ([a-z -]+?)(?: \[?[A-Z.]+\]?| \.\.\.)?`", heading)
        if name in named or any(name.startswith(f"{one} ") for one in named if f"duebird {one} ..." in heading):
            return heading, text
    raise AssertionError(f"docs/reference/commands.md says nothing of duebird {name}")


def options_of(command: Any) -> set[str]:
    return {
        option
        for one in command.params
        for option in (*one.opts, *one.secondary_opts)
        if option.startswith("-") and option not in SHARED
    }


def test_the_readme_names_every_command() -> None:
    told = set(re.findall(r"`(?:duebird )?([a-z-]+)(?: [A-Z]+)?`", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {name.partition(" ")[0] for name in COMMANDS} - told == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_each_of_its_options_is_on_the_page(name: str) -> None:
    _, text = section_of(name)
    missing = [option for option in options_of(COMMANDS[name]) if f"`{option}`" not in text]
    assert not missing


def test_no_section_promises_an_option_that_is_not_there() -> None:
    for heading, text in SECTION.findall(PAGE):
        named = [name for name in COMMANDS if section_of(name)[0] == heading]
        assert named, f"there is no command {heading}"
        known = set().union(*(options_of(COMMANDS[name]) for name in named)) | SHARED
        told = set(re.findall(r"`(--?[a-z-]+)", text))
        assert told <= known, heading


def test_every_section_names_the_arguments_as_the_help_does() -> None:
    for name, command in COMMANDS.items():
        if name.startswith("sandbox"):
            continue
        heading, _ = section_of(name)
        for one in command.params:
            if not one.opts[0].startswith("-"):
                assert f"`duebird {name} {one.metavar}`" in heading
