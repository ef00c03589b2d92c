"""`duebird demo` from its first line to its last: scene, daemon, play, table, verdict; and the end of it all."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from adapters.sandbox.world import SandboxWorld
from connector import assemble
from connector.demo import month_end, returns, setting, summary, whereabouts
from connector.demo.cast import BUSINESSES, CLOSED_BEFORE, PARTS
from connector.demo.configuration import today_of
from connector.demo.doors import DoorProblem, Doors
from connector.demo.engine import Engine, keep_to_the_play
from connector.demo.owner import Owner
from connector.demo.records import Records, read_records
from connector.demo.stage import Stage
from connector.demo.story import Story, reasons
from connector.demo.verdict import Expectation, doubles, judge
from connector.errors import DuebirdError

WATCH: Final = 0.2  # seconds between looks at the daemon while the demo is kept


@dataclass(slots=True)
class Stopping:
    """Whether somebody wants it to end. A plain value: a handler of signals must not wait for a lock."""

    told: bool = False

    def tell(self, *_: object) -> None:
        """Somebody does."""
        self.told = True


@dataclass(frozen=True, slots=True)
class Played:
    """How the play ended."""

    records: Records
    held: list[month_end.Held]
    table: list[summary.Row]
    verdict: list[Expectation]
    seconds: float

    @property
    def agrees(self) -> bool:
        """Texts and books agree, and every invoice ended as it should."""
        return all(one.holds for one in self.verdict)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        told = summary.as_json(self.records, self.table, self.verdict, self.seconds)
        return told | {"statements": [one.as_json() for one in self.held]}


def run(stage: Stage, folder: Path | None, *, keep: bool) -> Played:
    """Play it. With `keep`, go on until told to stop; the folder stays where one was named.

    Raises:
        DuebirdError: the scene could not be set, or the daemon or a stand-in ended.
    """
    keep_to_the_play()
    with _told_to_stop() as stopping:
        try:
            with ExitStack() as stack:
                return _run(stage, folder, stopping, stack, keep=keep)
        except DuebirdError as error:
            if stopping.told and not isinstance(error, Interrupted):
                raise Interrupted from error  # Ctrl-C reaches the daemon too, which may be seen to end first
            raise


def _run(stage: Stage, folder: Path | None, stopping: Stopping, stack: ExitStack, *, keep: bool) -> Played:
    _wait_for_the_new_day(stage, stopping)
    place = folder.absolute() if folder is not None else stack.enter_context(_passing_folder())
    setting.insist_on_fresh(place)
    sandbox = stack.enter_context(SandboxWorld())
    doors = Doors(sandbox.addresses)
    stack.callback(doors.close)
    _introduce(stage)
    scene, state, now = _scene(stage, place, doors)
    stack.callback(state.close)
    engine = Engine(scene.config, scene.log)
    stack.callback(engine.stop)
    stack.callback(_let_go, doors)  # before the daemon is stopped: it finishes the calls in hand
    engine.start()
    engine.wait_ready()
    stage.event("The daemon runs: the same `duebird run` as in real use.")
    stage.headline("What happens now")

    def alive() -> None:
        if stopping.told:
            raise Interrupted
        engine.check()

    owners = [
        Owner(one, today_of(one, now), stage, state, assemble.system_clock().now) for one in BUSINESSES if one.draft
    ]
    whole = Story(doors, stage, state.queries, alive, now, owners).play()
    if whole:
        money = [one.expectation for one in returns.play(stage, doors, alive)]
        held = month_end.settle_up(stage, doors, scene.loaded, assemble.system_clock().now, alive)
    else:
        money, held = [_not_over(stage)], []
    records = read_records(doors, with_calls=True)
    played = _conclude(stage, records, money, held, reasons(state.queries, records))
    if not keep:
        _farewell(stage, played, folder)
        return played
    here = whereabouts.Whereabouts(os.getpid(), str(scene.folder), str(scene.config), sandbox.addresses)
    whereabouts.announce(here)
    stack.callback(whereabouts.withdraw, here)
    _invite(stage, scene, sandbox.addresses, doors, engine)
    gone = False
    while not stopping.told:
        if not gone and not engine.is_running:
            gone = True
            _tell_gone(stage, scene)
        time.sleep(WATCH)
    stage.say("Stopping: the calls in hand are finished first.")
    return played


def _wait_for_the_new_day(stage: Stage, stopping: Stopping) -> None:
    left = setting.until_midnight_is_over(assemble.system_clock().now())
    if left:
        stage.say(
            "At one of the businesses the day is about to end, and texts would wait for the morning. The play begins "
            f"on the new day, in {left:.0f} s."
        )
    until = time.monotonic() + left
    while time.monotonic() < until:
        if stopping.told:
            raise Interrupted
        time.sleep(WATCH)
    stage.begin()


def _scene(stage: Stage, place: Path, doors: Doors) -> tuple[setting.Setting, assemble.State, datetime]:
    """Everything before the daemon starts: as a newcomer does it with `init`, `connect` and `consent import`."""
    now = assemble.system_clock().now()
    scene = setting.prepare(place, doors.addresses, now)
    setting.fill_books(doors, now)
    connected = setting.connect_companies(scene, doors)
    state = assemble.open_state(scene.loaded.state_dir)
    try:
        consents = setting.import_consents(scene, state, now)
        business, country = CLOSED_BEFORE
        state.store.country_closed(business.id, country, "delivery error 30034", now)
    except BaseException:
        state.close()
        raise
    stage.event(f"Signed in to {' and '.join(connected)}; {consents} customers have agreed to texts.")
    return scene, state, now


def _let_go(doors: Doors) -> None:
    """End the disturbance of the play, where it has not had its turn."""
    with suppress(DoorProblem):
        doors.clear_faults("quickbooks")


class Interrupted(DuebirdError):
    """Somebody pressed Ctrl-C before the end."""

    def __init__(self) -> None:
        super().__init__("The demo was stopped before its end; everything it started has ended.")


@contextmanager
def _passing_folder() -> Iterator[Path]:
    """A folder for one demo."""
    folder = Path(tempfile.mkdtemp(prefix="duebird-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # the daemon has ended; on Windows a virus scanner may hold a file


@contextmanager
def _told_to_stop() -> Iterator[Stopping]:
    """Ctrl-C, SIGTERM and a closed terminal end everything in order; without this the daemon would be left behind."""
    stopping = Stopping()
    wanted = [signal.SIGINT, signal.SIGTERM] + ([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])
    before = [(number, signal.signal(number, stopping.tell)) for number in wanted]
    try:
        yield stopping
    finally:
        for number, handler in before:
            signal.signal(number, handler)


# ------------------------------------------------------------------------------------------------------ the words


def how_to_call() -> str:
    """What to type for Duebird in this terminal: in a fresh clone it is not on the PATH."""
    if shutil.which("duebird"):
        return "duebird"
    script = Path(sys.argv[0])
    if script.stem != "duebird":
        return "python -m connector.cli.main"
    return str(script.relative_to(Path.cwd())) if script.is_relative_to(Path.cwd()) else str(script)


def _introduce(stage: Stage) -> None:
    count = sum(len(parts) for parts in PARTS.values())
    names = " and ".join(f"{one.name} ({summary.TITLES[one.ledger]})" for one in BUSINESSES)
    stage.say("Duebird, played through on a sandbox", "bold")
    stage.say(
        f"Two businesses, {names}, have {count} invoices. QuickBooks, Xero, Stripe and Twilio are stand-ins on this "
        "computer: no real money moves and no real phone rings."
    )
    stage.say()


def _conclude(
    stage: Stage, records: Records, money: list[Expectation], held: list[month_end.Held], why_not: dict[str, str]
) -> Played:
    table = summary.rows(records, why_not)
    parts = [part for parts in PARTS.values() for part in parts]
    verdict = [*judge(records, setting.agreed(), parts), *money, *month_end.expected(held)]
    seconds = stage.seconds
    stage.table(table)
    if held:
        month_end.tell(stage, held)
    stage.calls(records.calls)
    stage.verdict(verdict, doubles(records))
    return Played(records, held, table, verdict, seconds)


def _not_over(stage: Stage) -> Expectation:
    """What a play that was cut off does not do is looked for by nobody: refunds, a dispute, payouts."""
    return Expectation("All of the play has happened.", (f"after {stage.seconds:.0f} seconds it was not over",))


def _farewell(stage: Stage, played: Played, folder: Path | None) -> None:
    stage.say()
    if folder is not None:
        stage.say(f"Configuration, state and the daemon's log stay in {folder}")
    if not played.agrees:
        stage.say(f"Texts and books do not agree after {played.seconds:.0f} seconds.", "bold red")
        return
    stage.say(
        f"That took {played.seconds:.0f} seconds. To play yourself: {how_to_call()} demo --keep    "
        f"For your own books: {how_to_call()} init"
    )


def _tell_gone(stage: Stage, scene: setting.Setting) -> None:
    stage.say()
    stage.say("The daemon has ended; the four stand-ins go on. Start it again in a second terminal:", "bold")
    stage.command(f"{how_to_call()} run --config {scene.config}")


def _invite(stage: Stage, scene: setting.Setting, addresses: dict[str, str], doors: Doors, engine: Engine) -> None:
    stage.headline("The sandbox and the daemon go on running")
    for name, address in addresses.items():
        stage.command(f"{summary.TITLES[name]:<11} {address}")
    stage.command(f"folder      {scene.folder}")
    stage.command(f"daemon log  {scene.log}")
    records = read_records(doors)
    waiting = [link for link in records.links if link.active and records.notices(link.number)]
    if waiting:
        stage.headline("Payment pages to open in a browser")
        for link in waiting:
            stage.command(f"{link.number}  {link.url}")
    stage.headline("In a second terminal")
    duebird = how_to_call()
    for what in (
        'sandbox issue --company xero --customer "Zoe Bennett" --amount 120',
        "sandbox texts",
        "sandbox pay INVOICE",
        "sandbox reply +15035550142 STOP",
        "sandbox refund N-1041 --amount 100",
        "sandbox dispute N-1027",
        "sandbox payout northside",
        "sandbox records",
        f"status --config {scene.config}",
        f"invoices --config {scene.config}",
        f"audit --config {scene.config}",
        f"reconcile northside --config {scene.config}",
    ):
        stage.command(f"{duebird} {what}")
    if engine.pid is not None:
        stage.headline("Does it keep its promises when it is killed?")
        stage.command(f"kill -9 {engine.pid}" if os.name == "posix" else f"taskkill /F /PID {engine.pid}")
        stage.command(f"{duebird} run --config {scene.config}")
    stage.say()
    stage.say("Ctrl-C ends it.", "bold")
