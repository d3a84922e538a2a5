"""Channel settings and high-water marks."""

from collections.abc import Mapping

from bot.ports.store import ChannelSettings
from storage.engines.transaction import Database, Transaction, execute, integer, number, reads, text, writes


class StoredPreferences:
    """What people and listeners want to be remembered."""

    _db: Database

    @reads
    def channel_settings(self, team_id: str, channel_id: str) -> Transaction[ChannelSettings]:
        """The channel's settings, or the defaults."""
        rows = yield from execute("channel_settings", team_id=team_id, channel_id=channel_id)
        if not rows:
            return ChannelSettings()
        row = rows[0]
        return ChannelSettings(
            provider=text(row, "provider"),
            language=text(row, "language"),
            recording_type=text(row, "recording_type"),
            automatic=bool(integer(row, "automatic")),
            speakers=bool(integer(row, "speakers")),
            timestamps=bool(integer(row, "timestamps")),
            changed_by=text(row, "changed_by"),
            changed_at=number(row, "changed_at"),
        )

    @writes
    def put_channel_settings(self, team_id: str, channel_id: str, settings: ChannelSettings) -> Transaction[None]:
        """Save them."""
        yield from execute(
            "put_channel_settings",
            team_id=team_id,
            channel_id=channel_id,
            provider=settings.provider,
            language=settings.language,
            recording_type=settings.recording_type,
            automatic=int(settings.automatic),
            speakers=int(settings.speakers),
            timestamps=int(settings.timestamps),
            changed_by=settings.changed_by,
            changed_at=settings.changed_at,
        )

    @reads
    def cursor(self, name: str) -> Transaction[str]:
        """A high-water mark, or ""."""
        rows = yield from execute("high_water", name=name)
        return text(rows[0], "mark") if rows else ""

    @reads
    def cursors(self, prefix: str) -> Transaction[Mapping[str, str]]:
        """Every high-water mark whose name begins so, by name."""
        beyond = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        rows = yield from execute("high_waters", first=prefix, beyond=beyond)
        return {text(row, "name"): text(row, "mark") for row in rows}

    @writes
    def put_cursor(self, name: str, value: str) -> Transaction[None]:
        """Move it."""
        yield from execute("put_high_water", name=name, mark=value)
