"""What no single setting can know: collisions, stand-ins and keys, secrets, budgets."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config import (
    InvalidConfig,
    load,
    load_text,
    render_problems,
    render_problems_json,
)
from tests.unit.config_text import ENVIRON, HERE, XERO, company, loaded, paths, problems, the_problem, warned

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
    assert len(problems(one.replace("shares_sender = true", "") + other)) == 1


def test_two_companies_may_not_text_through_one_messaging_service() -> None:
    service = 'messaging_service_sid = "MG0123456789abcdef0123456789abcdef"'
    text = company(twilio=service) + company("beta", stripe='key = "env:BETA_STRIPE"', twilio=service.upper())
    text = text.replace("MESSAGING_SERVICE_SID", "messaging_service_sid")
    assert the_problem(text).path == 'company[2] "beta".twilio.messaging_service_sid'


def british(company_id: str, name: str, account: str = "0") -> str:
    text = company(company_id, stripe=f'key = "env:{company_id.upper()}_STRIPE"', twilio=f'sender_name = "{name}"')
    return text.replace('country = "US"', 'country = "GB"').replace("AC0", f"AC{account}")


def test_two_companies_of_one_account_may_not_text_under_one_name() -> None:
    problem = the_problem(british("acme", "AcmePlumb") + british("beta", "ACMEPLUMB"))
    assert problem.path == 'company[2] "beta".twilio.sender_name'
    assert "third-party collection" in problem.wrong
    other = british("acme", "AcmePlumb") + british("beta", "AcmePlumb", account="1")
    assert "one conversation" in warned(other)['company[2] "beta".twilio.sender_name']


def test_a_name_cannot_send_for_an_american_company() -> None:
    problem = the_problem(company(twilio='sender_name = "AcmePlumb"'))
    assert problem.path == 'company[1] "acme".twilio.sender_name'
    assert "country US" in problem.wrong
    assert "from_number" in problem.fix
    assert problems(british("acme", "AcmePlumb")) == []


def test_words_may_not_promise_stop_where_nobody_can_reply() -> None:
    words = '[company.words]\nissued = "{business}: {invoice}, reply STOP to opt out. {link}"\n'
    problem = the_problem(british("acme", "AcmePlumb") + words)
    assert problem.path == 'company[1] "acme".words.issued'
    assert "STOP" in problem.wrong


@pytest.mark.parametrize("name", ["12345", "AcmePlumbing1", "Acmé", ""])
def test_a_name_that_no_carrier_takes_is_refused(name: str) -> None:
    assert paths(british("acme", name))


@pytest.mark.parametrize(
    ("country", "law"),
    [("US", "47 CFR 64.1200"), ("FR", "CPCE art. L34-5"), ("DE", "ePrivacy"), ("GB", "PECR reg. 22")],
)
def test_a_rule_that_asks_for_no_consent_on_record_is_warned_about_by_its_law(country: str, law: str) -> None:
    text = company(rest='[company.consent]\nrule = "number_given"\n').replace('"US"', f'"{country}"')
    assert law in warned(text)['company[1] "acme".consent.rule']


def test_asking_by_text_is_warned_about() -> None:
    text = company(rest="[company.consent]\nask = true\n")
    assert "That is a text itself" in warned(text)['company[1] "acme".consent.ask']


def test_such_a_rule_is_refused_where_no_law_is_known_for_it() -> None:
    text = company(rest='[company.consent]\nrule = "number_given"\n').replace('"US"', '"BR"')
    assert "no law is known there" in the_problem(text).wrong


def test_two_reminders_in_the_same_words_are_warned_about_and_others_are_not() -> None:
    same = '"{business}: {invoice}, {amount} is open. {link}"'
    text = company(rest=f"[company.words]\noverdue = {same}\noverdue_2 = {same}\n[company.words.fr]\ndue = {same}\n")
    assert warned(text) == {
        'company[1] "acme".words.overdue_2': "is word for word the same as overdue: it reads as sent twice by mistake, "
        "also to `duebird audit`"
    }


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
    assert 'company[1] "acme".twilio' not in found  # its one base_url takes the calls of all its addresses
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


@pytest.mark.parametrize(
    "text",
    [
        company(stripe='key = "sk_live_CANARY1CANARY1"\nread_timeout = "x"'),
        company(stripe='key = ["CANARY2-hunter2"]'),
        company(stripe='kye = "CANARY2-hunter2"'),
        company(stripe='key = "env:sk_live_CANARY1CANARY1"'),
        company(stripe='key = "file:sk_live_CANARY1CANARY1"'),
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
    assert "1,080 calls to Xero a day" in warned(text)['company[1] "acme".polling.slow']
    assert warned(text.replace('kind = "xero"', 'kind = "xero"\ndaily_calls = 5000')) == {}


def test_quick_looks_that_use_a_day_up_are_warned_about() -> None:
    found = loaded(company(ledger=XERO, rest="[company.polling]\nquick = 1\n")).warnings
    said = " ".join(warning.wrong for warning in found)
    assert "90 calls to Xero a minute" in said
    assert "5,400 calls to Xero in an hour" in said
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


def test_texts_that_would_go_on_before_a_copy_elsewhere_has_stopped_are_told() -> None:
    slow = company(twilio='from_number = "+15552000001"\nread_timeout = 100')
    assert "takeover_wait" in "".join(warned(slow))
    assert "takeover_wait" not in "".join(warned("[daemon]\ntakeover_wait = 220\n" + slow))
    assert "takeover_wait" in "".join(warned("[daemon]\ntakeover_wait = 149\n" + company()))
    assert "takeover_wait" not in "".join(warned(company()))


# ------------------------------------------------------------------------------------------------------ hours and steps


def notices(lines: str) -> str:
    return company(rest=f"[company.notices]\n{lines}\n")


@pytest.mark.parametrize(
    ("lines", "key", "told"),
    [
        ('window_start = "21:00"\nwindow_end = "23:00"', "window_start", "the law shuts wholly: no notice"),
        ('window_start = "05:00"\nwindow_end = "08:00"', "window_start", "the law shuts wholly: no notice"),
        ("hours_by_law = false", "hours_by_law", "reach real people"),
        ("overdue_2 = true\noverdue_2_days = 4", "overdue_2_days", "at least 2 days"),
        ("overdue_3 = true\noverdue_3_days = 3", "overdue_3_days", "overdue_days is 3"),
        ("overdue_3 = true\nhandover = true\nhandover_days = 20", "handover_days", "overdue_3_days is 24"),
    ],
)
def test_hours_and_steps_that_cannot_be_are_refused(lines: str, key: str, told: str) -> None:
    problem = the_problem(notices(lines))
    assert problem.path == f'company[1] "acme".notices.{key}'
    assert told in problem.wrong


@pytest.mark.parametrize(
    "lines",
    [
        "overdue = false\noverdue_2 = true\noverdue_2_days = 2",
        "overdue_days = 40",  # the later steps are off
        'window_start = "16:00"\nwindow_end = "23:00"',
        "handover = true",
    ],
)
def test_hours_and_steps_that_can_be_are_taken(lines: str) -> None:
    assert problems(notices(lines)) == []


def test_hours_that_some_states_shut_are_told_and_taken() -> None:
    text = notices('window_start = "18:00"\nwindow_end = "20:00"')
    assert problems(text) == []
    told = warned(text)['company[1] "acme".notices.window_start']
    assert "places of which the state is not known, RI" in told
