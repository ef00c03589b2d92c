"""The name of a state folder's lock, by which a predecessor that has surely ended is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connector.lock import BOOT, only_daemon, place_of


@pytest.mark.skipif(not BOOT.exists(), reason="only Linux tells when the computer started")
def test_the_same_folder_has_one_name_and_a_copy_another(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    assert place_of(folder) == "", "no lock was ever taken"
    with only_daemon(folder):
        first = place_of(folder)
    with only_daemon(folder):
        assert place_of(folder) == first
    shutil.copytree(folder, tmp_path / "copy")
    assert place_of(tmp_path / "copy") not in {"", first}
