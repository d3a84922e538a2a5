"""What all processes share besides jobs and messages: named leases, rate budgets, channel settings, cursors."""

from collections.abc import Mapping
from typing import Protocol

from bot.domain.vocabulary import ConversationVocabulary, StoredVocabulary
from bot.ports.provider import Pace
from bot.ports.store.values import ChannelSettings


class Tasks(Protocol):
    """Named leases: work that one process at a time does (catch-up, purge, a probe, the status line of a message)."""

    async def claim_task(self, name: str, owner: str, now: float, seconds: float) -> bool:
        """Lease the task until `now + seconds`; True also if `owner` has it already (it is prolonged then)."""
        ...

    async def release_task(self, name: str, owner: str) -> None:
        """Give it back. Silent if it is lost already."""
        ...


class Budgets(Protocol):
    """Rate budgets and learnt speed, one durable row per account."""

    async def reserve(self, account: str, pace: Pace, now: float) -> float:
        """Take one call of the account's budget; committed before this returns.

        Returns a time <= now when it is taken, else when to ask again (nothing is taken then).
        """
        ...

    async def hold(self, account: str, until: float) -> None:
        """Nobody takes from this budget before `until` (a Retry-After)."""
        ...

    async def record_latency(self, account: str, audio_seconds: float, took_seconds: float) -> None:
        """Add one finished job to what is known of an account's speed."""
        ...

    async def latency(self, account: str) -> tuple[float, float] | None:
        """(a, b) of a + b * seconds of audio, by least squares over recent jobs; None before five of them."""
        ...


class Preferences(Protocol):
    """Channel settings, vocabularies, and cursors: how far something was read."""

    async def channel_settings(self, team_id: str, channel_id: str) -> ChannelSettings:
        """The channel's settings, or the defaults."""
        ...

    async def conversation(self, team_id: str, channel_id: str) -> tuple[ChannelSettings, ConversationVocabulary]:
        """The channel's settings and its vocabulary, read at once."""
        ...

    async def put_channel_settings(self, team_id: str, channel_id: str, settings: ChannelSettings) -> None:
        """Save them."""
        ...

    async def vocabulary(self, team_id: str, channel_id: str) -> ConversationVocabulary:
        """Names, jargon and replacements that apply in the conversation; with "" those of the workspace alone."""
        ...

    async def put_vocabulary(self, team_id: str, channel_id: str, changed: StoredVocabulary) -> bool:
        """Save those of a channel, or of the workspace (""); False if its `revision` is not the next one."""
        ...

    async def cursor(self, name: str) -> str:
        """The cursor's value, or ""."""
        ...

    async def cursors(self, prefix: str) -> Mapping[str, str]:
        """Every cursor whose name begins with `prefix`, by name."""
        ...

    async def put_cursor(self, name: str, value: str) -> None:
        """Set it."""
        ...
