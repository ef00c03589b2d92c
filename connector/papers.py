"""Papers that leave the house: a page to print, a table for spreadsheets, and the folder they are put into."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from connector.errors import DuebirdError

SUMS: Final = "SHA256SUMS"  # as `sha256sum --check` reads it
# A cell that begins with one of these is a formula to a spreadsheet: what somebody else wrote must not run in it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\0")
# A text on the page may be anything that somebody wrote; this makes the browser run and load nothing all the same.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = """
@page { margin: 16mm 14mm; }
:root { color-scheme: light; }
body { font: 15px/1.45 Georgia, "Times New Roman", serif; color: #1a1a1a; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .2rem; border-top: 2px solid #1a1a1a; padding-top: .8rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin: .3rem 0 .8rem; font-size: .87rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #d5d5d5; }
th { font-weight: 600; border-bottom: 1px solid #1a1a1a; }
td.words { white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: .6rem 0; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
.hash { font: .78rem/1.4 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; color: #444; }
.quiet { color: #555; }
.good { color: #14532d; font-weight: 600; } .bad { color: #991b1b; font-weight: 600; }
td { overflow-wrap: anywhere; }
table.tight td, table.tight th { padding: .1rem .6rem .1rem 0; }
th.at { width: 10.5rem; } th.mid { width: 9rem; } th.hashes { width: 11.5rem; } th.few { width: 5rem; }
section { break-inside: auto; } tr, h2, h3 { break-inside: avoid; } h2, h3 { break-after: avoid; }
@media print { body { margin: 0; max-width: none; font-size: 10.5pt; } a { color: inherit; text-decoration: none; } }
"""


def page_of(title: str, body: str) -> bytes:
    """A whole page, UTF-8, of HTML that is escaped already. No scripts, nothing loaded from anywhere."""
    page = (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    )
    return page.encode("utf-8", "replace")


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table, UTF-8 with a mark that spreadsheets understand. Put what others wrote through `cell` first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def cell(words: str) -> str:
    """Words that no spreadsheet takes for a formula."""
    return f"'{words}" if words.startswith(_FORMULA) else words


def put_down(what: str, files: Mapping[str, bytes], folder: Path) -> list[str]:
    """Make a folder that only its owner can look into (0700), with these files (0600); returns their names.

    Raises:
        DuebirdError: the folder is there already, or cannot be written. What was begun is left for a person to see;
            `what` it is stands in the sentence.
    """
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
        raise DuebirdError(f"{folder} could not be written: {error.strerror}. The {what} is not whole.") from error
    return [*files, SUMS]
