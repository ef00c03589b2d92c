"""Where the configuration file is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from connector.errors import ConfigProblem

FILE_NAME: Final = "duebird.toml"


def places() -> tuple[Path, ...]:
    """Where the file is looked for when nobody names one, best first."""
    from platformdirs import user_config_path

    return Path.cwd() / FILE_NAME, user_config_path("duebird", appauthor=False) / FILE_NAME


def find_config(explicit: Path | None = None) -> Path:
    """The configuration file: `explicit`, else ./duebird.toml, else the one in the platform's config folder.

    Raises:
        ConfigProblem: there is none; says where it was looked for, and how to make one.
    """
    looked = (explicit,) if explicit is not None else places()
    for path in looked:
        if path.is_file():
            return path
    if explicit is not None and explicit.is_dir():
        raise ConfigProblem(
            f"{explicit} is a folder.", advice=f"Name the file itself, such as --config {explicit / FILE_NAME}"
        )
    if explicit is not None:
        raise ConfigProblem(
            f"There is no file {explicit}.", advice=f"Correct --config, or make one: duebird init --config {explicit}"
        )
    listed = " nor ".join(str(path) for path in looked)
    raise ConfigProblem(
        f"There is no configuration: neither {listed} exists.",
        advice="Make one: duebird init. Or name yours: --config PATH",
    )
