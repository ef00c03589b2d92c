"""The configuration: what loads, what does not, and what a person is told."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.quickbooks.settings import QuickBooksSettings
from adapters.xero.settings import XeroSettings
from connector.config import (
    InvalidConfig,
    find_config,
    load,
    load_text,
    render_problems_json,
)
from connector.errors import ConfigProblem
from tests.unit.config_text import ENVIRON, HERE, XERO, company, loaded, paths, problems, the_problem

# ------------------------------------------------------------------------------------------------- what loads


def test_a_short_configuration_is_filled_with_defaults() -> None:
    settings = loaded(company()).settings
    (acme,) = settings.companies
    assert isinstance(acme.ledger, QuickBooksSettings)
    assert acme.start_on == date(2026, 12, 1)
    assert acme.notices.window == (600, 840)
    assert acme.notices.minimum_amount == Decimal(0)
    assert acme.consent.rule == "record"
    assert acme.name_in_texts == "Acme Plumbing"
    assert settings.company("acme") is acme
    assert settings.company("nobody") is None
    assert settings.intervals(acme) == (30, 300, 900, 86_400)


def test_each_company_has_a_ledger_of_its_own_kind() -> None:
    text = company() + company(
        "beta", ledger=XERO, stripe='key = "env:BETA_STRIPE"', twilio='from_number = "+15552000002"'
    )
    kinds = [type(one.ledger) for one in loaded(text).settings.companies]
    assert kinds == [QuickBooksSettings, XeroSettings]


def test_settings_cannot_be_changed_after_loading() -> None:
    settings = loaded(company()).settings
    with pytest.raises(ValueError, match="frozen"):
        settings.log_level = "debug"  # type: ignore[misc]  # that it is refused is the point


def test_an_interval_of_one_second_is_accepted() -> None:
    text = "[daemon]\npoll_quick = 1\npoll_slow = 1\npoll_idle = 1\nsweep = 1\n" + company()
    settings = loaded(text).settings
    assert settings.intervals(settings.companies[0]) == (1, 1, 1, 1)


def test_a_company_may_look_more_often_than_the_others() -> None:
    settings = loaded(company(rest="[company.polling]\nquick = 2\n")).settings
    assert settings.intervals(settings.companies[0]) == (2, 300, 900, 86_400)


def test_the_sending_window_may_be_the_whole_day() -> None:
    rest = '[company.notices]\nwindow_start = "00:00"\nwindow_end = "24:00"\ndays = ["sun"]\n'
    notices = loaded(company(rest=rest)).settings.companies[0].notices
    assert notices.window == (0, 1440)
    assert notices.days == ("sun",)


def test_a_byte_order_mark_of_a_windows_editor_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "duebird.toml"
    path.write_bytes(b"\xef\xbb\xbf" + company().encode())
    assert load(path, ENVIRON).path == path


@pytest.mark.parametrize(
    ("state_dir", "environ", "expected"),
    [
        ('state_dir = "state"', {}, "/etc/duebird/state"),
        ('state_dir = "/srv/state"', {"STATE_DIRECTORY": "/var/lib/duebird"}, "/srv/state"),
        ("", {"STATE_DIRECTORY": "/var/lib/duebird:/var/lib/other"}, "/var/lib/duebird"),
    ],
)
def test_state_lives_where_the_file_says_else_where_systemd_says(
    state_dir: str, environ: dict[str, str], expected: str
) -> None:
    found = load_text(f"{state_dir}\n{company()}", Path("/etc/duebird/duebird.toml"), {**ENVIRON, **environ})
    assert found.state_dir == Path(expected)


def test_a_home_folder_that_does_not_exist_is_a_problem() -> None:
    assert the_problem('state_dir = "~nobody-of-that-name/x"\n' + company()).path == "state_dir"


# ------------------------------------------------------------------------------------------------- shared settings

DEFAULTS = """
[defaults]
country = "GB"
timezone = "Europe/London"
[defaults.quickbooks]
client_id = "env:INTUIT_ID"
client_secret = "env:INTUIT_SECRET"
redirect_uri = "https://books.acme-plumbing.net/duebird"
[defaults.xero]
client_id = "env:XERO_ID"
[defaults.stripe]
key = "env:{ID}_STRIPE"
[defaults.twilio]
account_sid = "AC0123456789abcdef0123456789abcdef"
auth_token = "env:TWILIO_TOKEN"
[defaults.notices]
window_start = "09:00"
days = ["mon", "tue"]
"""


def short(company_id: str, kind: str, number: str, rest: str = "") -> str:
    return f"""
[[company]]
id = "{company_id}"
name = "Some Business"
start_on = 2026-12-01
[company.ledger]
kind = "{kind}"
[company.twilio]
from_number = "{number}"
{rest}
"""


def test_shared_settings_need_not_be_repeated_and_a_company_overrides_them() -> None:
    text = DEFAULTS + short("acme", "quickbooks", "+15552000001")
    text += short("beta", "xero", "+15552000002", '[company.notices]\nwindow_start = "10:00"\n')
    found = loaded(text)
    acme, beta = found.settings.companies
    assert acme.country == beta.country == "GB"
    assert isinstance(beta.ledger, XeroSettings)
    assert acme.notices.window == (540, 840)
    assert beta.notices.window == (600, 840)
    assert beta.notices.days == ("mon", "tue")
    assert found.secrets.value(beta.stripe.key) == "rk_live_beta0001"


def test_only_pointers_to_secrets_are_filled_with_the_companys_id() -> None:
    text = DEFAULTS.replace("account_sid =", 'messaging_base_url = "{id}"\naccount_sid =')
    found = {problem.path: problem.seen for problem in problems(text + short("acme", "quickbooks", "+15552000001"))}
    assert found["defaults.twilio.messaging_base_url"] == "'{id}'"


def test_a_mistake_in_shared_settings_is_told_once_and_where_it_stands() -> None:
    text = DEFAULTS.replace("key =", "kye = 1\nkey =").replace('"09:00"', '"9:00"')
    text += short("acme", "quickbooks", "+15552000001") + short("beta", "xero", "+15552000002")
    assert paths(text) == ["defaults.stripe.kye", "defaults.notices.window_start"]


def test_what_is_missing_everywhere_is_told_for_each_company() -> None:
    text = DEFAULTS.replace('account_sid = "AC0123456789abcdef0123456789abcdef"', "")
    text += short("acme", "quickbooks", "+15552000001") + short("beta", "xero", "+15552000002")
    assert paths(text) == ['company[1] "acme".twilio.account_sid', 'company[2] "beta".twilio.account_sid']


def test_shared_settings_do_not_hide_a_company_that_has_no_table_there() -> None:
    text = 'company = [{ id = "acme", stripe = 3, ledger = "xero" }]\n' + DEFAULTS
    assert {'company[1] "acme".stripe', 'company[1] "acme".ledger'} <= set(paths(text))


@pytest.mark.parametrize(
    ("shared", "path"),
    [
        ('[defaults]\nid = "acme"\n', "defaults.id"),
        ('[defaults.ledger]\nkind = "xero"\n', "defaults.ledger"),
        ("[defaults.strip]\nkey = 1\n", "defaults.strip"),
        ("[defaults]\nstripe = 3\n", "defaults.stripe"),
        ('[defaults]\ncountry = "XX"\n', "defaults.country"),
        ("[defaults.xero]\ndaily_calls = 1\n", "defaults.xero.daily_calls"),
    ],
)
def test_shared_settings_are_checked_even_where_no_company_uses_them(shared: str, path: str) -> None:
    assert paths(shared + company()) == [path]


# ------------------------------------------------------------------------------------------------- what is refused


def test_five_mistakes_are_told_at_once_with_path_and_fix() -> None:
    text = "[daemon]\npoll_slwo = 300\n" + company(
        top="enabled = 1",
        stripe="",
        twilio='from_number = "+15552000001"\nmessaging_service_sid = "MG0123456789abcdef0123456789abcdef"',
        rest='[company.notices]\nwindow_start = "21:00"\n',
    )
    found = {problem.path: problem for problem in problems(text)}
    assert set(found) == {
        "daemon.poll_slwo",
        'company[1] "acme".enabled',
        'company[1] "acme".stripe.key',
        'company[1] "acme".twilio.from_number',
        'company[1] "acme".notices.window_start',
    }
    assert "Did you mean 'poll_slow'?" in found["daemon.poll_slwo"].fix
    assert found['company[1] "acme".enabled'].seen == "1"
    assert found['company[1] "acme".enabled'].fix == "Write true or false."
    assert found['company[1] "acme".stripe.key'].wrong == "is missing"
    assert "'14:00'" in found['company[1] "acme".notices.window_start'].wrong
    assert all(problem.fix for problem in found.values())


def test_contradictions_are_told_even_beside_a_fault_in_the_same_section() -> None:
    text = company(rest='[company.notices]\nissued = "yes"\nwindow_start = "20:00"\nwindow_end = "08:00"\n')
    assert paths(text) == ['company[1] "acme".notices.issued', 'company[1] "acme".notices.window_start']


@pytest.mark.parametrize(
    ("text", "path", "wrong", "fix"),
    [
        ("poll = 3\n" + company(), "poll", "not a setting", "Remove it"),
        ("poll_slow = 3\n" + company(), "poll_slow", "not a setting", "belongs under [daemon]"),
        ("[daemon]\npoll_slow = -5\n" + company(), "daemon.poll_slow", "at least 1", "seconds"),
        ("[daemon]\npoll_slow = inf\n" + company(), "daemon.poll_slow", "not a number", "seconds"),
        ("[daemon]\npoll_slow = nan\n" + company(), "daemon.poll_slow", "not a number", "seconds"),
        ('[daemon]\npoll_slow = "300"\n' + company(), "daemon.poll_slow", "text in quotes", "a number of seconds"),
        (company(rest="[company.caps]\ntexts_per_day = 1.5\n"), "acme.caps.texts_per_day", "number", "a whole number"),
        ('[daemon]\ndashboard_listen = "8080"\n' + company(), "daemon.dashboard_listen", "address", "127.0.0.1:8765"),
        ("company = 3", "company", "a list of companies", "[[company]]"),
        ('[company]\nid = "a"', "company", "a list of companies", "[[company]]"),
        ("", "company", "no company", "duebird init"),
        ("company = []", "company", "no company", "duebird init"),
        (company(top='text_name = "Crêperie"'), "acme.text_name", "ê", "plain letters"),
        (company(rest="[company.caps]\ntexts_per_day = 0\n"), "acme.caps.texts_per_day", "at least 1", ""),
        (company(rest="[company.notices]\ndays = []\n"), "acme.notices.days", "empty", "'mon'"),
        (company(rest='[company.notices]\ndays = ["mon", "xx"]\n'), "acme.notices.days[2]", "", "'sun'"),
        (company(rest="[company.notices]\nminimum_amount = 5.0\n"), "acme.notices.minimum_amount", "", '"5.00"'),
        (company(rest='[company.notices]\nminimum_amount = "1e3"\n'), "acme.notices.minimum_amount", "", ""),
        (company(rest='[company.consent]\nrule = "ledger_marker"\n'), "acme.consent.marker", "missing", ""),
        (company(rest='[company.words]\nissued = "{business}: pay"\n'), "acme.words.issued", "link", "{link}"),
        (company(rest='[company.words]\ndue = "{business} {link}!"\n'), "acme.words.due", "", "must be the last"),
        (company(rest='[company.words]\nreceipt = "{business} {amuont}"\n'), "acme.words.receipt", "", "{amount}"),
        (company(rest='[company.words]\nreceipt = "{business} {name.x}"\n'), "acme.words.receipt", "", "not known"),
        (company(rest='[company.words]\nreceipt = "{business} {name!r}"\n'), "acme.words.receipt", "", "not known"),
        (company(rest='[company.words]\nreceipt = "{business} {"\n'), "acme.words.receipt", "", "partner"),
        (company(stripe='key = "env:ACME_STRIPE"\nread_timeout = inf'), "acme.stripe.read_timeout", "", ""),
        (company(twilio='from_number = "+1503"'), "acme.twilio.from_number", "form", "Write it like '+15550100001'."),
        (company(ledger='[company.ledger]\nkind = "sage"\n'), "acme.ledger.kind", "no ledger", "'xero'"),
        (company(ledger="[company.ledger]\n"), "acme.ledger.kind", "missing", "'quickbooks'"),
        (
            company(ledger=XERO + 'client_secret = "env:INTUIT_SECRET"\n'),
            "acme.ledger.client_secret",
            "'pkce'",
            "grant = 'code'",
        ),
        (company(ledger=XERO + 'grant = "code"\n'), "acme.ledger.client_secret", "missing", "'pkce'"),
        (
            company(rest="[company.notices]\noverdue_2_days_late = 3\n"),
            "acme.notices.overdue_2_days_late",
            "not a setting",
            "'overdue_2_days'",
        ),
        (company(top='"aB3dE6gH9jK2mN5p" = 1'), "acme.aB3d…", "not a setting", ""),
    ],
)  # fmt: skip
def test_each_mistake_is_one_problem_in_plain_words(text: str, path: str, wrong: str, fix: str) -> None:
    problem = the_problem(text)
    assert problem.path.replace('company[1] "acme"', "acme") == path
    assert wrong in problem.wrong
    assert fix in problem.fix
    assert problem.fix.strip()


@pytest.mark.parametrize(("written", "hint"), [("UK", "'GB'"), ("us", "'US'"), ("XX", "'US'"), ("Germany", "'US'")])
def test_a_country_that_is_no_code_is_refused_with_the_likely_one(written: str, hint: str) -> None:
    problem = the_problem(company().replace('country = "US"', f'country = "{written}"'))
    assert problem.path.endswith(".country")
    assert hint in problem.fix


@pytest.mark.parametrize("written", ["Europe/Pari", "Europe", "EST5EDT/x", "../etc/passwd", "/etc/passwd", "a\\u0000b"])
def test_a_time_zone_that_does_not_exist_is_refused(written: str) -> None:
    problem = the_problem(company().replace("America/New_York", written))
    assert problem.path == 'company[1] "acme".timezone'


@pytest.mark.parametrize(
    ("written", "meant"), [("from", "from_number"), ("sid", "account_sid"), ("twilio_lookup", "lookup")]
)
def test_a_setting_named_by_a_part_of_its_name_is_suggested(written: str, meant: str) -> None:
    text = company().replace("[company.twilio]\n", f'[company.twilio]\n{written} = "x"\n')
    assert f"Did you mean '{meant}'?" in the_problem(text).fix


def test_a_near_time_zone_is_suggested() -> None:
    problem = the_problem(company().replace("America/New_York", "America/New York"))
    assert problem.fix == "Did you mean 'America/New_York'?"


@pytest.mark.parametrize(
    ("line", "number", "shown", "fix"),
    [
        ("name = Acme Plumbing", 2, "name = Acme Plumbing", "quotes"),
        ("[company", 2, "[company", "Close it"),
        ("just words", 2, "", "Write key = value."),
        ("= 3", 2, "", "put # before it"),
        ('log_level = "info"', 2, "log_level = 'info'", "one of the two"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(line: str, number: int, shown: str, fix: str) -> None:
    problem = the_problem(f'log_level = "info"\n{line}\n')
    assert problem.path.startswith(f"line {number}, column ")
    assert problem.seen.replace('"', "'") == shown
    assert fix in problem.fix


@pytest.mark.parametrize(
    ("data", "wrong"),
    [(b"name = '\xff'", "UTF-8"), (b"x" * 1_000_001, "1000000 bytes"), (b"a = " + b"[" * 100_000, "")],
)
def test_a_file_that_is_no_text_is_one_problem(tmp_path: Path, data: bytes, wrong: str) -> None:
    path = tmp_path / "duebird.toml"
    path.write_bytes(data)
    with pytest.raises(InvalidConfig) as caught:
        load(path, {})
    assert wrong in str(caught.value)


def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="Cannot be read"):
        load(tmp_path, {})


# ------------------------------------------------------------------------------------------------- telling


def test_problems_are_numbered_and_counted_in_the_message() -> None:
    with pytest.raises(InvalidConfig) as caught:
        loaded("a = 1\nb = 2\n" + company())
    assert f"{HERE} has 2 problems; nothing was started.".replace(str(HERE), "") in str(caught.value)
    assert re.search(r"\n1\. a\n    Is not a setting", str(caught.value))


def test_programs_get_the_same_as_json() -> None:
    told = json.loads(render_problems_json(problems("a = 1\n" + company()), origin="duebird.toml"))
    assert told["fine"] is False
    assert told["problems"][0] == {
        "path": "a",
        "seen": "",
        "wrong": "is not a setting that exists here",
        "fix": "Remove it. Known here: state_dir, log_level, daemon, company.",
    }


# ------------------------------------------------------------------------------------------------- finding


def test_the_file_is_found_where_it_was_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("", "utf-8")
    assert find_config(path) == path
    with pytest.raises(ConfigProblem, match="There is no file"):
        find_config(tmp_path / "other.toml")
    with pytest.raises(ConfigProblem, match="is a folder"):
        find_config(tmp_path)


def test_the_file_here_comes_before_the_one_in_the_platforms_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, platform = tmp_path / "here", tmp_path / "platform"
    here.mkdir()
    (platform / "duebird").mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(platform))
    with pytest.raises(ConfigProblem, match="duebird init") as caught:
        find_config()
    assert str(here / "duebird.toml") in str(caught.value)
    (platform / "duebird" / "duebird.toml").write_text("", "utf-8")
    assert find_config() == platform / "duebird" / "duebird.toml"
    (here / "duebird.toml").write_text("", "utf-8")
    assert find_config() == here / "duebird.toml"
