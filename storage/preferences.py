"""Channel settings and high-water marks."""

from bot.ports.store import ChannelSettings
from storage.script import Database, Script, ask, integer, number, reads, text, writes


class StoredPreferences:
    """What people and listeners want to be remembered."""

    _db: Database

    @reads
    def channel_settings(self, team_id: str, channel_id: str) -> Script[ChannelSettings]:
        """The channel's settings, or the defaults."""
        rows = yield from ask("channel_settings", team_id=team_id, channel_id=channel_id)
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
    def put_channel_settings(self, team_id: str, channel_id: str, settings: ChannelSettings) -> Script[None]:
        """Save them."""
        yield from ask(
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
    def cursor(self, name: str) -> Script[str]:
        """A high-water mark, or ""."""
        rows = yield from ask("high_water", name=name)
        return text(rows[0], "mark") if rows else ""

    @writes
    def put_cursor(self, name: str, value: str) -> Script[None]:
        """Move it."""
        yield from ask("put_high_water", name=name, mark=value)
