"""Tokens and scopes: who may call what, and Slack's errors for everybody else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from simulators.slack.options import Options
from simulators.slack.wire import SlackError

TokenKind = Literal["bot", "app", "unknown", "none"]


@dataclass(slots=True)
class Grant:
    """What one token opens; `lost` holds the error it answers with once it was taken away."""

    kind: TokenKind
    scopes: set[str]
    lost: str = ""

    def need(self, *scopes: str) -> None:
        """Raise `missing_scope` unless one of the scopes is granted."""
        if scopes and not self.scopes.intersection(scopes):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=",".join(sorted(self.scopes)) or "none")


class Tokens:
    """The tokens of the workspace's one app."""

    def __init__(self, options: Options) -> None:
        self._bot, self._app = options.bot_token, options.app_token
        self.bot = Grant("bot", set(options.scopes))
        self.app = Grant("app", {"connections:write", "authorizations:read"})

    def kind(self, token: str) -> TokenKind:
        """Return what a token is, without checking whether it still opens anything."""
        if not token:
            return "none"
        return {self._bot: self.bot.kind, self._app: self.app.kind}.get(token, "unknown")

    def grant(self, token: str, kind: TokenKind) -> Grant:
        """Return what the token opens for a method that asks for this kind of token.

        Errors: `not_authed`, `invalid_auth`, `not_allowed_token_type`, `token_revoked`, `account_inactive`.
        """
        if not token:
            raise SlackError("not_authed")
        found = {self._bot: self.bot, self._app: self.app}.get(token)
        if found is None:
            raise SlackError("invalid_auth")
        if found.lost:
            raise SlackError(found.lost)
        if found.kind != kind:
            raise SlackError("not_allowed_token_type")
        return found

    def rescope(self, scopes: Iterable[str]) -> None:
        """Replace the bot token's scopes, as a reinstallation does."""
        self.bot.scopes = set(scopes)

    def take(self, error: str) -> None:
        """Make the tokens answer with `error` (`token_revoked`, `account_inactive`); an empty one restores them."""
        self.bot.lost = error
        self.app.lost = error if error == "account_inactive" else ""
