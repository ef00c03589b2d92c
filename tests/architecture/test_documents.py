"""The written word agrees with itself and with the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from adapters.quickbooks.settings import QuickBooksSettings
from adapters.settings_base import ServiceSettings
from adapters.stripe.settings import StripeSettings
from adapters.twilio.settings import TwilioSettings
from adapters.xero.settings import XeroSettings
from tests.architecture.tree import ROOT, texts

LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
TOML = re.compile(r"```toml\n(.*?)```", re.DOTALL)
GLOSSARY = "docs/explanation/glossary.md"
TERMS = [
    *("company", "receivable", "dunning", "notice", "step", "consent", "payment link", "payment", "allocation"),
    *("booking", "clearing account", "remittance", "payout", "settlement", "attention", "effect", "adapter", "port"),
    *("flow", "sandbox"),
]


def documents() -> list[tuple[str, str]]:
    return [(path, text) for path, text in texts() if path.endswith(".md")]


def test_every_link_between_documents_leads_somewhere() -> None:
    wrong = [
        f"{path}: {target}"
        for path, text in documents()
        for target in LINK.findall(text)
        if not (ROOT / path).parent.joinpath(target).exists()
    ]
    assert not wrong, "\n".join(wrong)


def test_every_document_is_reached_from_the_index() -> None:
    reached: set[Path] = set()
    queue = [ROOT / "README.md", ROOT / "docs/README.md"]
    while queue:
        path = queue.pop().resolve()
        if path.is_dir():
            queue += path.glob("*.md")
        if path in reached or path.suffix != ".md" or not path.is_file():
            continue
        reached.add(path)
        queue += [path.parent / target for target in LINK.findall(path.read_text(encoding="utf-8"))]
    lost = [path for path, _ in documents() if path.startswith("docs/") and (ROOT / path).resolve() not in reached]
    assert not lost, f"no way leads from README.md or docs/README.md to {lost}"


@pytest.mark.parametrize("term", TERMS)
def test_the_glossary_says_what_a_word_means(term: str) -> None:
    assert f"| **{term}** |" in (ROOT / GLOSSARY).read_text(encoding="utf-8")


def test_every_command_the_documents_name_exists() -> None:
    named = {
        word
        for path, text in documents()
        if path != "CHANGELOG.md"
        for word in re.findall(
            r"(?:`|bin/|bin\\|^|[a-z] )(?<!-u )duebird ([a-z]+)(?=[ `\n])", "\n".join(CODE.findall(text)), re.MULTILINE
        )
    }
    helped = subprocess.run(
        [sys.executable, "-c", "from connector.cli.main import main; main()", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
    )
    assert helped.returncode == 0, helped.stderr
    unknown = sorted(word for word in named if not re.search(rf"(?m)^\W*{word}\b", helped.stdout))
    assert "demo" in named
    assert not unknown, f"`duebird --help` knows no {unknown}"


def test_every_setting_the_documents_show_exists() -> None:
    classes: dict[str, type[ServiceSettings]] = {
        "stripe": StripeSettings,
        "twilio": TwilioSettings,
        "quickbooks": QuickBooksSettings,
        "xero": XeroSettings,
    }
    wrong: list[str] = []
    for path, text in documents():
        for block in TOML.findall(text):
            for section, values in tomllib.loads(block).get("company", {}).items():
                settings = classes.get(values.get("kind", section))
                wrong += [f"{path}: {section}.{key}" for key in values if settings and key not in settings.model_fields]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_a_lock_pins_every_package_with_its_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=[a-z])", text)[1:]
    assert entries
    assert [
        entry for entry in entries if not re.match(r"[a-z0-9-]+==\S+.*\\\n(\s+--hash=sha256:[0-9a-f]{64}.*\n)+", entry)
    ] == []
    assert "://" not in text


def test_the_locks_pin_everything_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = [name for group in project["project"]["optional-dependencies"].values() for name in group]
    groups = project["dependency-groups"]
    assert not missing(project["project"]["dependencies"] + extras, "requirements.lock")
    assert not missing(project["project"]["dependencies"] + groups["dev"], "requirements-dev.lock")
    assert not missing(groups["build"], "requirements-build.lock")


def test_the_locks_agree_on_every_version_they_share() -> None:
    tested = pins("requirements-dev.lock")
    for lock in ("requirements.lock", "requirements-build.lock"):
        assert {name: pin for name, pin in pins(lock).items() if tested.get(name, pin) != pin} == {}


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", text))


def missing(declared: list[str], lock: str) -> list[str]:
    names = [re.split(r"[^A-Za-z0-9._-]", line)[0].lower().replace("_", "-") for line in declared]
    return [name for name in names if name not in pins(lock)]
