"""Writing a proof down: a folder that only its owner can look into."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

from connector.errors import DuebirdError
from connector.proof.page import html_page
from connector.proof.tables import csv_files, json_file
from connector.proof.values import Proof

PAGE: Final = "proof.html"
SUMS: Final = "SHA256SUMS"  # as `sha256sum --check` reads it


def write(proof: Proof, folder: Path) -> list[str]:
    """Make the folder (0700) with its files (0600); returns their names, the page first.

    Raises:
        DuebirdError: the folder is there already, or cannot be written. What was begun is left for a person to see.
    """
    files = {PAGE: html_page(proof), **csv_files(proof), "proof.json": json_file(proof)}
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    try:
        folder.mkdir(mode=0o700)
        for name, content in {**files, SUMS: sums.encode()}.items():
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
    except FileExistsError as error:
        raise DuebirdError(
            f"{folder} exists already. Nothing was written.", advice="Name a folder that does not exist yet."
        ) from error
    except OSError as error:
        raise DuebirdError(f"{folder} could not be written: {error.strerror}. The proof is not whole.") from error
    return [*files, SUMS]
