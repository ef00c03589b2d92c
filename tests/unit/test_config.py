"""The configuration: what loads, what does not, and what a person is told."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.quickbooks.settings import QuickBooksSettings
from adapters.xero.settings import XeroSettings
from connector.config import (
    InvalidConfig,
    Loaded,
    find_config,
    load,
    load_text,
    render_problems,
    render_problems_json,
)
from connector.config.outputs import example_toml
from connector.config.toml import toml_value
from connector.errors import ConfigProblem
from tests.unit.config_text import ENVIRON, HERE, XERO, company, loaded, paths, problems, the_problem, warned

# ------------------------------------------------------------------------------------------------- what loads


def test_a_short_configuration_is_filled_with_defaults() -> None:
    settings = loaded(company()).settings
    (acme,) = settings.companies
    assert isinstance(acme.ledger, QuickBooksSettings)
    assert acme.start_on == date(2026, 12, 1)
    assert acme.notices.window == (480, 1200)
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
    assert acme.notices.window == (540, 1200)
    assert beta.notices.window == (600, 1200)
    assert beta.notices.days == ("mon", "tue")
    assert found.secrets.value(beta.stripe.key) == "rk_live_beta0001"


def test_a_mistake_in_shared_settings_is_told_once_and_where_it_stands() -> None:
    text = DEFAULTS.replace("key =", "kye = 1\nkey =").replace('"09:00"', '"9:00"')
    text += short("acme", "quickbooks", "+15552000001") + short("beta", "xero", "+15552000002")
    assert paths(text) == ["defaults.stripe.kye", "defaults.notices.window_start"]


def test_what_is_missing_everywhere_is_told_for_each_company() -> None:
    text = DEFAULTS.replace('account_sid = "AC0123456789abcdef0123456789abcdef"', "")
    text += short("acme", "quickbooks", "+15552000001") + short("beta", "xero", "+15552000002")
    assert paths(text) == ['company[1] "acme".twilio.account_sid', 'company[2] "beta".twilio.account_sid']


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
    assert "'20:00'" in found['company[1] "acme".notices.window_start'].wrong
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
        ("[daemon]\nworkers = 1.5\n" + company(), "daemon.workers", "is a number", "a whole number"),
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
        (company(rest='[company.words]\nissued = "Pay up"\n'), "acme.words.issued", "{link} exactly once", ""),
        (company(rest='[company.words]\ndue = "{link}."\n'), "acme.words.due", "end with {link}", ""),
        (company(rest='[company.words]\nreceipt = "{amuont}"\n'), "acme.words.receipt", "", "{amount}"),
        (company(rest='[company.words]\nreceipt = "{name.x}"\n'), "acme.words.receipt", "not exist", ""),
        (company(rest='[company.words]\nreceipt = "{name!r}"\n'), "acme.words.receipt", "not exist", ""),
        (company(rest='[company.words]\nreceipt = "{"\n'), "acme.words.receipt", "pair", ""),
        (company(stripe='key = "env:ACME_STRIPE"\nread_timeout = inf'), "acme.stripe.read_timeout", "", ""),
        (company(ledger='[company.ledger]\nkind = "sage"\n'), "acme.ledger.kind", "no ledger", "'xero'"),
        (company(ledger="[company.ledger]\n"), "acme.ledger.kind", "missing", "'quickbooks'"),
        (
            company(ledger=XERO + 'client_secret = "env:INTUIT_SECRET"\n'),
            "acme.ledger.client_secret",
            "'pkce'",
            "grant = 'code'",
        ),
        (company(ledger=XERO + 'grant = "code"\n'), "acme.ledger.client_secret", "missing", "'pkce'"),
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


# ------------------------------------------------------------------------------------------------- collisions

BETA = 'from_number = "+15552000002"'


def two(**second: str) -> str:
    given = {"stripe": 'key = "env:BETA_STRIPE"', "twilio": BETA, **second}
    return company() + company("beta", **given)


def test_two_companies_with_one_id_are_refused() -> None:
    problem = the_problem(company() + company("acme", stripe='key = "env:BETA_STRIPE"', twilio=BETA))
    assert problem.path == 'company[2] "acme".id'
    assert "company[1]" in problem.wrong


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("quickbooks", 'realm_id = "9130355377388383"'),
        ("xero", 'tenant_id = "70784a63-d24b-46a9-a4db-0e70a274b056"'),
    ],
)
def test_two_companies_with_one_set_of_books_are_refused(kind: str, line: str) -> None:
    ledger = XERO if kind == "xero" else company().partition("[company.ledger]")[2].partition("[company.stripe]")[0]
    ledger = f"[company.ledger]\n{ledger.removeprefix('[company.ledger]')}" if kind == "quickbooks" else ledger
    same = f"{ledger}\n{line}\n"
    text = company(ledger=same) + company(
        "beta", ledger=same.replace("70784a63", "70784A63"), stripe='key = "env:BETA_STRIPE"', twilio=BETA
    )
    problem = the_problem(text)
    assert problem.path == f'company[2] "beta".ledger.{line.partition(" ")[0]}'
    assert 'company[1] "acme"' in problem.wrong


def test_a_company_that_is_switched_off_collides_with_nobody() -> None:
    ledger = company().partition("[company.ledger]")[2].partition("[company.stripe]")[0]
    same = f'[company.ledger]{ledger}realm_id = "9130355377388383"\n'
    assert problems(company(ledger=same, top="enabled = false") + company("beta", ledger=same)) == []


def test_two_companies_may_not_text_from_one_number() -> None:
    problem = the_problem(two(twilio='from_number = "+15552000001"'))
    assert problem.path == 'company[2] "beta".twilio.from_number'
    assert "third-party collection" in problem.wrong
    assert problem.seen == "'•••••0001'"


def test_two_names_of_one_business_may_share_a_number_when_both_say_so() -> None:
    one = company(top="shares_sender = true")
    other = company("beta", top="shares_sender = true", stripe='key = "env:BETA_STRIPE"')
    assert problems(one + other) == []
    assert len(problems(one + other.replace("shares_sender = true", ""))) == 1


def test_two_companies_with_one_stripe_account_are_warned_about() -> None:
    assert (
        "mixes in one Stripe balance" in warned(two(stripe='key = "env:ACME_STRIPE"'))['company[2] "beta".stripe.key']
    )


# ------------------------------------------------------------------------------- stand-ins, live keys, test keys

STAND_IN = 'base_url = "http://127.0.0.1:9001"'
ALL_LEDGER_URLS = "".join(
    f'{key}_url = "http://localhost:9002/x"\n' for key in ("base", "authorize", "token", "revoke")
)


def stand_ins(key: str) -> str:
    ledger = f"{company().partition('[company.ledger]')[2].partition('[company.stripe]')[0]}{ALL_LEDGER_URLS}"
    return company(
        ledger=f"[company.ledger]{ledger}",
        stripe=f'key = "{key}"\n{STAND_IN}',
        twilio=f'from_number = "+15552000001"\n{STAND_IN}\nmessaging_{STAND_IN}\npricing_{STAND_IN}',
    )


def test_stand_ins_with_a_test_key_load_without_a_warning() -> None:
    assert warned(stand_ins("env:TEST_STRIPE")) == {}


def test_a_live_key_with_a_stand_in_is_refused() -> None:
    problem = the_problem(stand_ins("env:ACME_STRIPE"))
    assert problem.path == 'company[1] "acme".stripe.key'
    assert "live key" in problem.wrong
    assert problem.seen == "'env:ACME_STRIPE'"


@pytest.mark.parametrize("section", ["stripe", "twilio"])
def test_one_stand_in_is_enough_to_refuse_a_live_key(section: str) -> None:
    lines = {"stripe": 'key = "env:ACME_STRIPE"', "twilio": 'from_number = "+15552000001"'}
    lines[section] += f"\n{STAND_IN}"
    problem = the_problem(company(**lines))
    assert section in problem.wrong


def test_a_live_key_with_an_intuit_test_company_is_refused() -> None:
    text = company().replace('kind = "quickbooks"', 'kind = "quickbooks"\nenvironment = "sandbox"')
    assert "Intuit test company" in the_problem(text).wrong


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1:9001",
        "https://127.0.0.1:9001",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "http://user:pw@127.0.0.1/",
        "http://127.0.0.1:9001/?to=x",
        "http://127.0.0.1:port",
        "http://[::1",
        "127.0.0.1:9001",
        "",
    ],
)
def test_a_stand_in_elsewhere_than_on_this_machine_is_refused(address: str) -> None:
    text = company(stripe=f'key = "env:TEST_STRIPE"\nbase_url = "{address}"')
    assert paths(text) == ['company[1] "acme".stripe.base_url']


def test_a_password_in_an_address_is_not_shown() -> None:
    problem = the_problem(company(stripe='key = "env:TEST_STRIPE"\nbase_url = "http://user:hunter2@127.0.0.1/"'))
    assert "hunter2" not in str(problem)


def test_a_test_key_without_stand_ins_is_warned_about() -> None:
    assert "test mode" in warned(company(stripe='key = "env:TEST_STRIPE"'))['company[1] "acme".stripe.key']


def test_half_a_stand_in_and_half_a_company_of_them_are_warned_about() -> None:
    found = warned(
        company(stripe=f'key = "env:TEST_STRIPE"\n{STAND_IN}', twilio=f'from_number = "+15552000001"\n{STAND_IN}')
    )
    assert "messaging_base_url, pricing_base_url" in found['company[1] "acme".twilio']
    assert "the real ledger" in found['company[1] "acme"']


def test_a_publishable_key_is_refused_without_showing_it() -> None:
    text = company(stripe='key = "pk_live_51CANARYCANARY"')
    found = str(InvalidConfig(problems(text), origin=HERE))
    assert "not a Stripe secret key" in found
    assert "CANARY" not in found


def test_keys_are_not_looked_at_when_secrets_are_left_alone() -> None:
    found = loaded(stand_ins("env:ACME_STRIPE"), with_secrets=False)
    assert len(found.secrets) == 0


# ------------------------------------------------------------------------------------------------- secrets


def test_a_secret_written_in_the_file_works_with_a_warning() -> None:
    text = company(stripe='key = "rk_live_written0001"')
    found = loaded(text)
    assert found.secrets.value(found.settings.companies[0].stripe.key) == "rk_live_written0001"
    (warning,) = [warning for warning in found.warnings if warning.path.endswith("stripe.key")]
    assert "written in the file" in warning.wrong
    assert warning.seen == "(hidden)"


@pytest.mark.parametrize("written", ["evn:ACME", "ENV:ACME", "env: ACME", "$ACME", "${ACME}", "vault:x", "env:"])
def test_a_pointer_with_a_slip_is_refused_and_not_taken_for_the_secret(written: str) -> None:
    assert paths(company(stripe=f'key = "{written}"'))[0] == 'company[1] "acme".stripe.key'


def test_every_secret_that_cannot_be_read_is_told_at_once() -> None:
    text = company(stripe='key = "env:NOT_SET"').replace("env:TWILIO_TOKEN", "file:nowhere/token")
    found = problems(text)
    assert [problem.path for problem in found] == [
        'company[1] "acme".stripe.key',
        'company[1] "acme".twilio.auth_token',
    ]
    assert found[0].seen == "'env:NOT_SET'"
    assert "Set NOT_SET" in found[0].fix


def test_secrets_of_a_company_that_is_switched_off_are_not_read() -> None:
    text = company() + company("beta", top="enabled = false", stripe='key = "env:NOT_SET"', twilio=BETA)
    assert problems(text) == []


CANARIES = ("sk_live_CANARY1CANARY1", "CANARY2-hunter2", "0123456789abcdefCANARY3789abcdef", "+15559CANARY")


@pytest.mark.parametrize(
    "text",
    [
        company(stripe='key = "sk_live_CANARY1CANARY1"\nread_timeout = "x"'),
        company(stripe='key = ["CANARY2-hunter2"]'),
        company(stripe='kye = "CANARY2-hunter2"'),
        company(stripe='key = "evn:CANARY2-hunter2"'),
        company(rest='[company.strip]\nkey = "CANARY2-hunter2"\n'),
        company(top='stripe_key = "CANARY2-hunter2"'),
        company().replace("AC0123456789abcdef0123456789abcdef", "0123456789abcdefCANARY3789abcdef"),
        company(stripe='key = "CANARY2-hunter2'),
        company(stripe='key = """\nCANARY2-hunter2'),
        company(stripe="key = CANARY2-hunter2"),
        company().replace("[company.stripe]", 'x = { key = "CANARY2-hunter2"'),
        'stripe = "sk_live_CANARY1CANARY1"\n' + company(),
        "company = 'CANARY2-hunter2'",
        f'[defaults]\nstripe = "CANARY2-hunter2"\n{company()}',
        f'[defaults.stripe]\nkye = "CANARY2-hunter2"\n{company()}',
    ],
)
def test_no_secret_shows_in_any_output(text: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        loaded(text)
    error = caught.value
    shown = [
        str(error),
        repr(error),
        repr(error.problems),
        repr(error.__cause__),
        render_problems_json(error.problems, origin="x", warnings=error.warnings),
        render_problems([], origin="x", warnings=error.warnings),
    ]
    for output in shown:
        assert "CANARY" not in output


def test_what_was_loaded_can_be_printed_without_a_secret() -> None:
    found = loaded(company(stripe='key = "rk_live_CANARY"'))
    for output in (repr(found), str(found.settings), found.settings.model_dump_json(), repr(found.warnings)):
        assert "CANARY" not in output
        assert "twilio-auth-token" not in output


def test_a_readable_file_with_a_secret_in_it_is_warned_about(tmp_path: Path) -> None:
    path = tmp_path / "duebird.toml"
    path.write_text(company(stripe='key = "rk_live_written0001"'), "utf-8")
    path.chmod(0o644)
    assert any("chmod 600" in warning.fix for warning in load(path, ENVIRON).warnings)
    path.chmod(0o600)
    assert not any("chmod 600" in warning.fix for warning in load(path, ENVIRON).warnings)


# ------------------------------------------------------------------------------------------------- budgets


def test_the_default_intervals_fit_every_budget() -> None:
    assert warned(two(ledger=XERO)) == {}


def test_intervals_beyond_stripes_allowance_are_warned_about_with_the_arithmetic() -> None:
    found = warned("[daemon]\npoll_slow = 60\n" + company())
    assert "43,200 reads at Stripe in 30 days (2,592,000 s / 60 s), and 10,000 are allowed" in found["daemon.poll_slow"]
    fixes = [warning.fix for warning in loaded("[daemon]\npoll_slow = 60\n" + company()).warnings]
    assert any("Write 260 or more" in fix for fix in fixes)
    assert warned("[daemon]\npoll_slow = 260\n" + company()) == {}


def test_intervals_beyond_xeros_day_are_warned_about_for_that_company() -> None:
    stripe = 'key = "env:ACME_STRIPE"\nmonthly_reads = 1000000'
    text = company(ledger=XERO, stripe=stripe, rest="[company.polling]\nslow = 120\n")
    assert "1,440 calls to Xero a day" in warned(text)['company[1] "acme".polling.slow']
    assert warned(text.replace('kind = "xero"', 'kind = "xero"\ndaily_calls = 5000')) == {}


def test_quick_looks_that_use_a_day_up_are_warned_about() -> None:
    found = loaded(company(ledger=XERO, rest="[company.polling]\nquick = 1\n")).warnings
    said = " ".join(warning.wrong for warning in found)
    assert "120 calls to Xero a minute" in said
    assert "7,200 calls to Xero in an hour" in said
    assert "3,600 calls to Stripe in an hour" in said


def test_one_intuit_app_pays_for_all_its_companies() -> None:
    many = [
        company(f"c{number}", stripe='key = "env:ACME_STRIPE"', twilio=f'from_number = "+1555200{number:04}"')
        for number in range(58)
    ]
    found = [warning.wrong for warning in loaded("".join(many)).warnings]
    assert any("501,120 reads at Intuit a month for the 58 QuickBooks companies" in wrong for wrong in found)
    fewer = [warning.wrong for warning in loaded("".join(many[:57])).warnings]
    assert not any("Intuit" in wrong for wrong in fewer)


def test_stand_ins_have_no_budget() -> None:
    text = "[daemon]\npoll_quick = 1\npoll_slow = 1\npoll_idle = 1\n" + stand_ins("env:TEST_STRIPE")
    assert warned(text) == {}


# ------------------------------------------------------------------------------------------------- oddities


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('[daemon]\ndashboard_listen = "0.0.0.0:8765"\n' + company(), "daemon.dashboard_listen"),
        ("[daemon]\npoll_quick = 500\n" + company(), "daemon.poll_quick"),
        (company().replace("Acme Plumbing", "Château d'Eau"), 'company[1] "acme".name'),
        (company(top="enabled = false"), "company"),
        (company(twilio='from_number = "+15550100001"'), 'company[1] "acme".twilio.from_number'),
        (company(stripe='key = "env:SK_LIVE"'), 'company[1] "acme".stripe.key'),
        (
            company().replace("https://books.acme-plumbing.net/duebird", "http://localhost:8484/callback"),
            'company[1] "acme".ledger.redirect_uri',
        ),
    ],
)
def test_what_is_allowed_and_seldom_meant_is_warned_about(text: str, path: str) -> None:
    found = load_text(text, HERE, {**ENVIRON, "SK_LIVE": "sk_live_whole0001"})
    assert [warning.path for warning in found.warnings] == [path]


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


# ------------------------------------------------------------------------------------------------- anything at all

_KEYS = st.sampled_from(
    [
        "state_dir",
        "log_level",
        "daemon",
        "company",
        "defaults",
        "id",
        "name",
        "country",
        "timezone",
        "start_on",
        "ledger",
        "stripe",
        "twilio",
        "notices",
        "consent",
        "words",
        "caps",
        "polling",
        "kind",
        "key",
        "from_number",
        "days",
        "window_start",
        "base_url",
        "poll_slow",
        "quickbooks",
        "xero",
        "excluded_customers",
    ]
) | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
_SCALARS = (
    st.none().map(lambda _: True)
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(
        ["env:X", "file:~a/b", "keyring:a", "credential:x", "http://127.0.0.1", "quickbooks", "24:00", "{link}"]
    )
)
_TREES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=20
)


def written(value: Any) -> str:
    """Any tree as TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_value(key)} = {written(item)}" for key, item in value.items()) + "}"
    return f"[{', '.join(written(item) for item in value)}]" if isinstance(value, list) else toml_value(value)


def loads_or_explains(text: str) -> None:
    outcome = outcome_of(text)
    if isinstance(outcome, InvalidConfig):
        assert outcome.problems
        assert all(one.path and one.wrong and one.fix for one in outcome.problems)
        assert json.loads(render_problems_json(outcome.problems, origin="x", warnings=outcome.warnings))["problems"]


def outcome_of(text: str) -> Loaded | InvalidConfig:
    """Either of the two things that may happen; any other exception fails the test."""
    try:
        return load_text(text, Path("/nowhere/duebird.toml"), ENVIRON)
    except InvalidConfig as error:
        return error


_FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_FUZZ
@given(st.text(max_size=200))
def test_any_text_loads_or_is_explained(text: str) -> None:
    loads_or_explains(text)


@_FUZZ
@given(st.dictionaries(_KEYS, _TREES, max_size=6))
def test_any_toml_loads_or_is_explained(tree: dict[str, Any]) -> None:
    loads_or_explains("\n".join(f"{toml_value(key)} = {written(value)}" for key, value in tree.items()))


_ASSIGNED = re.compile(r"^(#? ?)(\w+) = .*$", re.MULTILINE)
_EXAMPLE = example_toml()
_LINES = [found.span() for found in _ASSIGNED.finditer(_EXAMPLE)]


@_FUZZ
@given(st.lists(st.tuples(st.integers(0, len(_LINES) - 1), _TREES), min_size=1, max_size=4))
def test_the_example_with_any_values_loads_or_is_explained(changes: list[tuple[int, Any]]) -> None:
    text = _EXAMPLE
    for index, value in sorted(dict(changes).items(), reverse=True):
        start, end = _LINES[index]
        key = _EXAMPLE[start:end].lstrip("# ").partition(" =")[0]
        text = f"{text[:start]}{key} = {written(value)}{text[end:]}"
    loads_or_explains(text)
