from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.office import Office
from tests.web.reception import Reception


@pytest.fixture
def reception(tmp_path: Path) -> Iterator[Reception]:
    office = Office(tmp_path / "state")
    with Reception(office) as made:
        yield made
    office.database.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "state")
    yield made
    made.database.close()
