from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.discovery import LACKS, PORTS, open_row, rows_of
from tests.contract.harness import LedgerHarness, MessengerHarness, ProcessorHarness


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    needs = {need for mark in metafunc.definition.iter_markers("needs") for need in mark.args}
    for port in PORTS:
        if f"{port}_harness" in metafunc.fixturenames:
            rows = [row for row in rows_of(port) if not needs & LACKS.get(row, set())]
            metafunc.parametrize(f"{port}_harness", rows, indirect=True)


@pytest.fixture
def ledger_harness(request: pytest.FixtureRequest) -> Iterator[LedgerHarness]:
    with open_row(request.param) as harness:
        yield harness


@pytest.fixture
def processor_harness(request: pytest.FixtureRequest) -> Iterator[ProcessorHarness]:
    with open_row(request.param) as harness:
        yield harness


@pytest.fixture
def messenger_harness(request: pytest.FixtureRequest) -> Iterator[MessengerHarness]:
    with open_row(request.param) as harness:
        yield harness
