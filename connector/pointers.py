"""Secrets in the configuration are pointers to where the secret is, not the secret."""

from __future__ import annotations

from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

SCHEMES: Final = ("env", "file", "keyring", "credential")


class SecretPointer:
    """`env:NAME`, `file:PATH`, `keyring:SERVICE/NAME`, `credential:NAME` (systemd), or a literal.

    A literal works but is warned about. Neither form's text shows a literal; the value is read by
    `adapters.secrets`, never here. Two pointers are equal when they point to the same place.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise ValueError("a secret cannot be empty; write where it is, such as 'env:NAME' or 'file:PATH'")
        self._text = text

    @property
    def scheme(self) -> str:
        """One of `SCHEMES`, or "literal"."""
        head, colon, rest = self._text.partition(":")
        return head if colon and rest and head in SCHEMES else "literal"

    @property
    def target(self) -> str:
        """What follows the scheme; the secret itself when it is a literal."""
        return self._text if self.scheme == "literal" else self._text.partition(":")[2]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretPointer) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __str__(self) -> str:
        return "(a secret written in the file)" if self.scheme == "literal" else self._text

    def __repr__(self) -> str:
        return f"SecretPointer({self})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept a string in settings."""
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Tell editors what the string may look like."""
        return {
            "type": "string",
            "description": "env:NAME, file:PATH, keyring:SERVICE/NAME or credential:NAME",
            "examples": ["env:STRIPE_KEY", "file:/etc/duebird/stripe.key"],
        }
