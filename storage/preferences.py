"""Channel settings, vocabularies and cursors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from bot.domain.errors import StoreError
from bot.domain.vocabulary import ConversationVocabulary, StoredVocabulary
from bot.ports.store import ChannelSettings
from storage.content.stored_json import dump_vocabulary, load_vocabulary
from storage.engines.transaction import (
    Database,
    Row,
    Transaction,
    blob,
    execute,
    integer,
    maybe_text,
    number,
    reads_once,
    text,
    writes_once,
)
from storage.seal import Seal

_SETTINGS = TypeAdapter(ChannelSettings)


class StoredPreferences:
    """What users and listeners want to be remembered."""

    _db: Database
    _seal: Seal

    @reads_once
    def channel_settings(self, team_id: str, channel_id: str) -> Transaction[ChannelSettings]:
        """The channel's settings, or the defaults. A field that this version does not know is ignored."""
        rows = yield from execute("channel_settings", team_id=team_id, channel_id=channel_id)
        return _settings(channel_id, text(rows[0], "settings")) if rows else ChannelSettings()

    @reads_once
    def conversation(
        self, team_id: str, channel_id: str
    ) -> Transaction[tuple[ChannelSettings, ConversationVocabulary]]:
        """The channel's settings and its vocabulary, read at once."""
        rows = yield from execute("conversation", team_id=team_id, channel_id=channel_id)
        settings = next((value for row in rows if (value := maybe_text(row, "settings")) is not None), None)
        found = ChannelSettings() if settings is None else _settings(channel_id, settings)
        return found, self._vocabulary(team_id, channel_id, [row for row in rows if row["body"] is not None])

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
    def vocabulary(self, team_id: str, channel_id: str) -> Transaction[ConversationVocabulary]:
        """What applies in the conversation; with the channel "" that of the workspace alone."""
        rows = yield from execute("vocabulary", team_id=team_id, channel_id=channel_id)
        return self._vocabulary(team_id, channel_id, rows)

    def _vocabulary(self, team_id: str, channel_id: str, rows: Sequence[Row]) -> ConversationVocabulary:
        found = ConversationVocabulary(channel_id)
        for row in rows:
            place = text(row, "channel_id")
            body = self._seal.decrypt(blob(row, "body"), _place(team_id, place))
            stored = StoredVocabulary(
                load_vocabulary(body), integer(row, "revision"), text(row, "changed_by"), number(row, "changed_at")
            )
            found = replace(found, channel=stored) if place else replace(found, workspace=stored)
        return found

    @writes_once
    def put_vocabulary(self, team_id: str, channel_id: str, changed: StoredVocabulary) -> Transaction[bool]:
        """Save (sealed) that of a channel, or of the workspace (""); False if its `revision` is not the next one."""
        rows = yield from execute(
            "put_vocabulary",
            team_id=team_id,
            channel_id=channel_id,
            body=self._seal.encrypt(dump_vocabulary(changed.vocabulary), _place(team_id, channel_id)),
            revision=changed.revision,
            changed_by=changed.changed_by,
            changed_at=changed.changed_at,
        )
        return bool(rows)

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


def _settings(channel_id: str, stored: str) -> ChannelSettings:
    try:
        return _SETTINGS.validate_json(stored)
    except ValidationError as error:
        raise StoreError(f"The settings of channel {channel_id} are damaged: {error}") from error


def _place(team_id: str, channel_id: str) -> str:
    """What a vocabulary is sealed for."""
    return f"vocabulary:{team_id}:{channel_id}"
