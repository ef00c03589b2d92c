"""Which addresses of a company lead to stand-ins on this machine instead of the real services."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from connector.config.describe import SERVICES
from connector.config.document import Company

LOOPBACK_HOSTS: Final = re.compile(r"localhost|127(\.\d{1,3}){3}|::1", re.ASCII)


def is_loopback_http(address: str) -> bool:
    """Whether an address is plain http to this machine itself, which is all a stand-in may be."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port  # a port that is no number raises
    except ValueError:
        return False
    clean = not (parts.username or parts.password or parts.query or parts.fragment)
    return parts.scheme == "http" and host is not None and bool(LOOPBACK_HOSTS.fullmatch(host)) and clean


def stand_in_addresses(company: Company) -> dict[str, dict[str, str]]:
    """Addresses set by hand, by service and key."""
    return {
        service: {
            key: value
            for key, value in company.section(service).items()
            if key.endswith("_url") and isinstance(value, str)
        }
        for service in SERVICES
    }
