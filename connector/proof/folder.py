"""Writing a proof down: a folder that only its owner can look into."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from connector.papers import put_down
from connector.proof.page import html_page
from connector.proof.tables import csv_files, json_file
from connector.proof.values import Proof

PAGE: Final = "proof.html"


def write(proof: Proof, folder: Path) -> list[str]:
    """Make the folder with its files; returns their names, the page first.

    Raises:
        DuebirdError: the folder is there already, or cannot be written.
    """
    return put_down("proof", {PAGE: html_page(proof), **csv_files(proof), "proof.json": json_file(proof)}, folder)
