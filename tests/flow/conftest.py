from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    folder = tmp_path / "state"
    made = Office(folder)
    yield made
    broken = [one for one in made.broken(healthy=False) if one[:2].rstrip(":") not in made.spoilt]
    made.database.close()
    assert broken == [], "what the services hold at the end of the test"
