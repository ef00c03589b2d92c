"""The journal: a folder beside the state folder with what must outlive a lost or restored database.

It is beside and not inside, so that deleting the state folder, or putting a backup in its place, leaves it.
"""

from __future__ import annotations

from pathlib import Path


def beside(state_folder: Path) -> Path:
    """Where the journal of an installation is."""
    return state_folder.with_name(f"{state_folder.name}.journal")
