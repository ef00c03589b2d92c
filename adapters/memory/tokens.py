"""Bearer tokens that need no sign-in."""

from __future__ import annotations

from connector.errors import NeedsReauthorisation


class FixedTokens:
    """`AccessTokens` that hands out what it was given: the next one whenever the present one is refused."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens) or ["token-1"]
        self.revoked = False

    def current(self) -> str:
        """The present token.

        Raises:
            NeedsReauthorisation: the connection was revoked, or every token was refused.
        """
        if self.revoked or not self._tokens:
            raise NeedsReauthorisation(
                "The connection has ended. Nothing was done.", advice="Connect again: duebird connect COMPANY"
            )
        return self._tokens[0]

    def renewed(self, refused: str) -> str:
        """A token other than the refused one.

        Raises:
            NeedsReauthorisation: there is no other.
        """
        if refused in self._tokens:
            self._tokens.remove(refused)
        return self.current()
