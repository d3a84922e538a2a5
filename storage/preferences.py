"""Channel settings and cursors."""

from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from bot.domain.errors import StoreError
from bot.ports.store import ChannelSettings
from storage.engines.transaction import Database, Transaction, execute, reads_once, text, writes_once

_SETTINGS = TypeAdapter(ChannelSettings)


class StoredPreferences:
    """What users and listeners want to be remembered."""

    _db: Database

    @reads_once
    def channel_settings(self, team_id: str, channel_id: str) -> Transaction[ChannelSettings]:
        """The channel's settings, or the defaults. A field that this version does not know is ignored."""
        rows = yield from execute("channel_settings", team_id=team_id, channel_id=channel_id)
        if not rows:
            return ChannelSettings()
        try:
            return _SETTINGS.validate_json(text(rows[0], "settings"))
        except ValidationError as error:
            raise StoreError(f"The settings of channel {channel_id} are damaged: {error}") from error

    @writes_once
    def put_channel_settings(self, team_id: str, channel_id: str, settings: ChannelSettings) -> Transaction[None]:
        """Save them."""
        yield from execute(
            "put_channel_settings",
            team_id=team_id,
            channel_id=channel_id,
            settings=_SETTINGS.dump_json(settings).decode(),
            retention_days=settings.retention_days,
        )

    @reads_once
    def cursor(self, name: str) -> Transaction[str]:
        """The cursor's value, or ""."""
        rows = yield from execute("cursor", name=name)
        return text(rows[0], "value") if rows else ""

    @reads_once
    def cursors(self, prefix: str) -> Transaction[Mapping[str, str]]:
        """Every cursor whose name begins with `prefix`, by name."""
        beyond = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        rows = yield from execute("cursors", first=prefix, beyond=beyond)
        return {text(row, "name"): text(row, "value") for row in rows}

    @writes_once
    def put_cursor(self, name: str, value: str) -> Transaction[None]:
        """Set it."""
        yield from execute("put_cursor", name=name, value=value)
