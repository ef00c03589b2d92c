"""`python -m tests.proof`: what the runs came to, into docs/explanation/exactly-once.md and the figures beside it.

Each run writes its figures with `--json FILE`; this reads those files. What is not given stays as it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.proof.page import FIGURES, PAGE, PARTS, with_block


def main() -> int:
    """Returns 1 where a run broke a promise: such figures are not published."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    for part in PARTS:
        parser.add_argument(f"--{part.name}", type=Path, metavar="FILE", help=part.command)
    asked = vars(parser.parse_args())
    known: dict[str, Any] = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    given = {name: json.loads(file.read_text("utf-8")) for name, file in asked.items() if file is not None}
    for name, figures in given.items():
        if figures.get("broken") or figures.get("shortcomings"):
            print(f"{name}: the run broke a promise or was not whole. Nothing was written.", file=sys.stderr)
            return 1
    known.update(given)
    FIGURES.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(with_block(PAGE.read_text("utf-8"), known), "utf-8")
    print(f"Wrote {FIGURES} and {PAGE}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
