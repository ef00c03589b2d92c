"""`duebird config ...` and `duebird init` as a person types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from connector.cli.config_commands import app, init
from connector.cli.frame import EXIT_CONFIG, EXIT_USAGE
from connector.config import load
from connector.config.initial import InitialAnswers, slug_of, write_initial, zones_of
from connector.config.outputs import example_toml, reference_markdown, schema_json
from connector.errors import ConfigProblem
from tests.unit.config_text import ENVIRON, company

ROOT = Path(__file__).parents[2]

duebird = typer.Typer()
duebird.add_typer(app, name="config")
duebird.command()(init)

XERO = ["--ledger", "xero", "--name", "Acme Plumbing", "--country", "GB", "--timezone", "Europe/London"]


def run(*words: str) -> Result:
    return CliRunner().invoke(duebird, list(words), env=ENVIRON)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    return tmp_path


# ------------------------------------------------------------------------------------------------- check


def test_check_says_fine(here: Path) -> None:
    (here / "duebird.toml").write_text(company(), "utf-8")
    result = run("config", "check")
    assert result.exit_code == 0
    assert result.stdout == f"{here / 'duebird.toml'} is fine: 1 company.\n"


def test_check_tells_all_problems_and_fails(here: Path) -> None:
    (here / "mine.toml").write_text("a = 1\nb = 2\n" + company(stripe='key = "sk_live_CANARY01"\nx = 1'), "utf-8")
    result = run("config", "check", "--config", "mine.toml")
    assert result.exit_code == EXIT_CONFIG
    assert "mine.toml has 3 problems; nothing was started." in result.stderr
    assert 'company[1] "acme".stripe.x' in result.stderr
    assert "1 warning" not in result.stdout
    assert "CANARY" not in result.output


def test_check_speaks_json_to_programs(here: Path) -> None:
    (here / "duebird.toml").write_text("a = 1\n" + company(), "utf-8")
    result = run("config", "check", "--json")
    assert result.exit_code == EXIT_CONFIG
    told = json.loads(result.stdout)
    assert [problem["path"] for problem in told["problems"]] == ["a"]
    (here / "duebird.toml").write_text(company(stripe='key = "env:TEST_STRIPE"'), "utf-8")
    told = json.loads(run("config", "check", "--json").stdout)
    assert told["fine"] is True
    assert len(told["warnings"]) == 1


def test_check_shows_warnings_and_still_says_fine(here: Path) -> None:
    (here / "duebird.toml").write_text(company(stripe='key = "env:TEST_STRIPE"'), "utf-8")
    result = run("config", "check")
    assert result.exit_code == 0
    assert "test mode" in result.stderr
    assert "is fine" in result.stdout


def test_check_can_leave_the_secrets_alone(here: Path) -> None:
    (here / "duebird.toml").write_text(company(stripe='key = "env:NOT_SET"'), "utf-8")
    assert run("config", "check").exit_code == EXIT_CONFIG
    assert run("config", "check", "--no-secrets").exit_code == 0


@pytest.mark.usefixtures("here")
def test_check_says_where_it_looked_when_there_is_no_file() -> None:
    result = run("config", "check")
    assert result.exit_code == EXIT_CONFIG
    assert "duebird init" in result.stderr
    told = json.loads(run("config", "check", "--json").stdout)
    assert told["fine"] is False


def test_the_outputs_are_printed_as_they_are_committed() -> None:
    assert run("config", "example").stdout == example_toml()
    assert run("config", "schema").stdout == schema_json()
    assert run("config", "reference").stdout == reference_markdown()


# ------------------------------------------------------------------------------------------------- init


def test_init_writes_a_file_for_its_owner_only_that_loads(here: Path) -> None:
    result = run("init", *XERO, "--start-on", "2026-12-01")
    assert result.exit_code == 0, result.output
    path = here / "duebird.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    (acme,) = load(path, {}, with_secrets=False).settings.companies
    assert (acme.id, acme.ledger.kind, acme.country, str(acme.start_on)) == (
        "acme-plumbing",
        "xero",
        "GB",
        "2026-12-01",
    )
    assert "duebird connect acme-plumbing" in result.stdout
    assert "ACME_PLUMBING_STRIPE_KEY" in result.stdout
    assert "placeholder" in run("config", "check", "--no-secrets").stderr


def test_init_never_overwrites(here: Path) -> None:
    (here / "duebird.toml").write_text("mine", "utf-8")
    result = run("init", *XERO)
    assert result.exit_code == EXIT_CONFIG
    assert "exists already; nothing was changed" in result.stderr
    assert (here / "duebird.toml").read_text("utf-8") == "mine"


def test_of_two_writers_the_second_is_told(tmp_path: Path) -> None:
    answers = InitialAnswers("xero", "Acme", "GB", "Europe/London", date(2026, 12, 1))
    write_initial(tmp_path / "duebird.toml", answers)
    before = (tmp_path / "duebird.toml").read_bytes()
    with pytest.raises(ConfigProblem, match="exists already"):
        write_initial(tmp_path / "duebird.toml", answers)
    assert (tmp_path / "duebird.toml").read_bytes() == before


def test_init_tells_every_answer_that_cannot_be_used_and_writes_nothing(here: Path) -> None:
    result = run("init", "--ledger", "sage", "--name", "Acme", "--country", "UK", "--timezone", "London")
    assert result.exit_code == EXIT_USAGE
    for word in ("'sage'", "'GB'", "'London'", "nothing was written"):
        assert word in result.stderr
    assert not (here / "duebird.toml").exists()


def test_init_without_a_terminal_names_the_option_that_is_missing(here: Path) -> None:
    result = run("init", "--ledger", "xero")
    assert result.exit_code == EXIT_USAGE
    assert "--name is missing; nothing was written" in result.stderr
    assert not (here / "duebird.toml").exists()


def test_init_understands_answers_as_people_write_them(here: Path) -> None:
    typed = ("--ledger", "QuickBooks", "--name", "Acme", "--country", "us", "--timezone", "America/New York")
    result = run("init", *typed)
    assert result.exit_code == 0, result.stderr
    text = (here / "duebird.toml").read_text(encoding="utf-8")
    for line in ('kind = "quickbooks"', 'country = "US"', 'timezone = "America/New_York"'):
        assert line in text


def test_init_refuses_a_date_that_is_none(here: Path) -> None:
    result = run("init", *XERO, "--start-on", "tomorrow")
    assert result.exit_code == EXIT_USAGE
    assert "is not a date" in result.stderr
    assert not (here / "duebird.toml").exists()


@pytest.mark.parametrize("name", ['Say "Hi" \\ Co', "Café {amount} %s", "Łódź & Söhne", "'; DROP"])
def test_any_business_name_survives_the_writing(here: Path, name: str) -> None:
    result = run("init", "--ledger", "quickbooks", "--name", name, "--country", "US", "--timezone", "America/Chicago")
    assert result.exit_code == 0, result.output
    assert load(here / "duebird.toml", {}, with_secrets=False).settings.companies[0].name == name


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme Plumbing & Sons", "acme-plumbing-sons"),
        ("Châlet Ö", "chalet-o"),
        ("株式会社", "company"),
        ("x" * 99, "x" * 40),
    ],
)
def test_a_company_id_is_made_from_its_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_a_country_with_one_time_zone_needs_no_question(here: Path) -> None:
    assert zones_of("FR") == ["Europe/Paris"]
    assert len(zones_of("US")) > 1
    assert run("init", "--ledger", "xero", "--name", "Eau", "--country", "FR").exit_code == 0
    assert 'timezone = "Europe/Paris"' in (here / "duebird.toml").read_text("utf-8")


# ------------------------------------------------------------------------------------------------- start-up


def _modules_after(code: str) -> set[str]:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return set(done.stdout.split())


def test_help_loads_no_settings() -> None:
    loaded = _modules_after("import connector.cli.config_commands")
    assert not {"pydantic", "connector.config", "tomllib"} & loaded


def test_settings_load_no_sdk() -> None:
    loaded = _modules_after("import connector.config")
    heavy = {"stripe", "twilio", "quickbooks", "xero_python", "requests", "httpx", "phonenumbers", "babel", "keyring"}
    assert not heavy & loaded
    assert "adapters.transport" not in loaded
