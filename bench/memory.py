"""(d) memory of the daemon's process: 40 companies, met for the first time, which is the heaviest thing it does.

A child process holds what the daemon holds: the worker, real adapters over HTTP, a thread a company as the daemon has.
On first contact each company's open invoices are read page by page and stored.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.clock import SystemClock
from bench import names
from bench.ours import configure, environ
from bench.report import Found, Line, Say
from bench.world import ROOT, World
from connector.allocator import give_memory_back
from connector.flows.poll import WAITS
from connector.worker import Worker

TARGET_MB = 200
PASSES = 200  # of one company until its first reading has had its turn; each costs milliseconds


def run(say: Say, *, companies: int, receivables: int) -> list[Found]:
    """Resident memory of the child, at its peak and at the end."""
    each = receivables // companies
    with World(companies) as world, TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        for number in range(companies):
            say(f"(d) issuing invoices: company {number + 1} of {companies}")
            world.issue(each, company=number, txn_date="2019-06-01", due_date="2019-07-01")
        configure(world, Path(folder), companies)
        say(f"(d) {companies} first passes over {each:,} open invoices each")
        done = subprocess.run(
            [sys.executable, "-m", "bench.memory", folder, str(companies)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["open"] == each * companies, f"{found['open']} receivables on record, issued {each * companies}"
    peak = found["peak_mb"]
    lines = [
        Line("peak, resident", f"{peak:.0f} MB", f"< {TARGET_MB} MB", peak < TARGET_MB),
        Line("after the second pass, resident", f"{found['after_mb']:.0f} MB"),
        Line("before the first pass, resident", f"{found['before_mb']:.0f} MB"),
    ]
    title = f"memory of the daemon: {companies} companies, {each * companies:,} open receivables"
    return [Found("d", title, lines, found)]


def _child(folder: str, companies: int) -> None:
    from connector import assemble
    from connector.config.load import load

    give_memory_back()
    loaded = load(Path(folder) / "duebird.toml", environ(companies))
    state = assemble.open_state(loaded.state_dir)
    worker = Worker(loaded, state, SystemClock())
    ids = [names.company_of(number) for number in range(companies)]
    before = _status("VmRSS")
    with ThreadPoolExecutor(companies) as pool:  # as the daemon: a thread a company
        list(pool.map(partial(_read_through, worker), ids))
        list(pool.map(partial(_read_through, worker), ids))
    known = sum(state.queries.counts(one)["open"] for one in ids)
    found = {"before_mb": before, "after_mb": _status("VmRSS"), "peak_mb": _status("VmHWM"), "open": known}
    state.close()
    print(json.dumps(found))


def _read_through(worker: Worker, company: str) -> None:
    for _ in range(PASSES):
        status = worker.once(company)
        assert not status.troubles, status.troubles
        if not status.counts[WAITS]:
            return
        time.sleep(1)
    raise RuntimeError(f"{company} did not get its turn")


def _status(field: str) -> float:
    """Megabytes of this process, from Linux's own account (proc(5))."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"this system's /proc has no {field}")


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]))
