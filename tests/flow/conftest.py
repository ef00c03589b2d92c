from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.flow.office import Office

OpenOffice = Callable[..., Office]


@pytest.fixture
def open_office(tmp_path: Path) -> Iterator[OpenOffice]:
    """Opens offices with the policy, start or folder a test wants; closes each, however the test ends."""
    with ExitStack() as closing:

        def opened(folder: str = "state", **wanted: Any) -> Office:
            made = Office(tmp_path / folder, **wanted)
            closing.callback(made.close)
            return made

        yield opened


@pytest.fixture
def office(open_office: OpenOffice) -> Iterator[Office]:
    """One with the usual policy; what the services hold at the end is judged."""
    made = open_office()
    yield made
    broken = [one for one in made.broken(healthy=False) if one[:2].rstrip(":") not in made.spoilt]
    assert broken == [], "what the services hold at the end of the test"
