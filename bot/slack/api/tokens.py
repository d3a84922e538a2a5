"""Where the token of a call comes from: one for life, or that of a workspace, which may change while the bot runs."""

from typing import Protocol

from bot.domain.job import SLACK_LANE


class TokenSource(Protocol):
    """The token of one workspace.

    `account` is what is parked when Slack refuses the token.
    """

    account: str

    async def token(self) -> str:
        """The token that is good now. Raises `Misconfigured` where there is none, `StoreError`, `StepError`s."""
        ...

    async def team_for(self) -> str:
        """The id that methods must be given which ask for a workspace; "" where the token is of one workspace only."""
        ...

    async def refused(self, token: str) -> bool:
        """Slack refused this token; whether there is another one by now, so that the call is worth repeating."""
        ...


class FixedToken:
    """The one token of the settings."""

    def __init__(self, token: str) -> None:
        self.account = SLACK_LANE
        self._token = token

    async def token(self) -> str:
        """The token."""
        return self._token

    async def team_for(self) -> str:
        """Nothing: the token says it."""
        return ""

    async def refused(self, token: str) -> bool:
        """There is no other."""
        return False
