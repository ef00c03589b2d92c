"""Writing values as TOML: the few kinds that settings have."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any


def toml_value(value: Any) -> str:
    """`value` as TOML 1.0 writes it (https://toml.io/en/v1.0.0).

    Raises:
        TypeError: TOML settings have no such kind of value.
    """
    if isinstance(value, bool):
        said = "true" if value else "false"
    elif isinstance(value, float):
        said = str(int(value)) if value.is_integer() else repr(value)
    elif isinstance(value, str | Decimal):
        # JSON's escapes are a part of TOML's; only DEL may not stand bare
        said = json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    elif isinstance(value, date):
        said = value.isoformat()
    elif isinstance(value, list | tuple):
        said = f"[{', '.join(toml_value(item) for item in value)}]"
    elif isinstance(value, int):
        said = str(value)
    else:
        raise TypeError(f"{type(value).__name__} has no form in a settings file")
    return said
