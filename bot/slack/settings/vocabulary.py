"""Names, jargon and replacements of a channel or the workspace: who may change them, changes, what they come to."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.vocabulary import ConversationVocabulary, StoredVocabulary, Vocabulary, fitting
from bot.ports.provider import Capabilities
from bot.ports.store import AuditAction
from bot.slack.api.identity import Identity
from bot.slack.blockkit.text import escape_label
from bot.slack.context import SlackContext
from bot.slack.settings import vocabulary_texts as words
from bot.text.phrases import ENGLISH, Phrases

_TRIES = 5  # of a change that another one came before


class VocabularyBusyError(Exception):
    """Others change the same list again and again, or have changed it since it was shown."""


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """Reads and changes the lists. Whose channel it is, is asked before (`SettingsPermissions`)."""

    slack: SlackContext

    async def of(self, me: Identity, channel: str) -> ConversationVocabulary:
        """What applies in a channel. Raises `StoreError`."""
        return await self.slack.store.vocabulary(me.team_id, channel)

    async def may_change_workspace(self, user_id: str) -> bool:
        """Whether the user is a workspace admin. Raises `StepError`s."""
        return (await self.slack.users.ask(user_id)).is_admin

    async def change(
        self,
        me: Identity,
        user_id: str,
        channel: str,
        edit: Callable[[Vocabulary], Vocabulary],
        origin: str,
        seen: int | None = None,
    ) -> bool:
        """Change the list of a channel, or of the workspace (""); False if it was so already.

        `edit` may be called several times. With `seen`, the revision that the user saw, nobody else's change is
        overwritten. Raises `VocabularyError`, `VocabularyBusyError` and `StoreError`.
        """
        for _ in range(_TRIES):
            found = await self.slack.store.vocabulary(me.team_id, channel)
            before = found.channel if channel else found.workspace
            wanted = edit(before.vocabulary).checked()
            if wanted == before.vocabulary:
                return False
            if seen is not None and seen != before.revision:
                break
            now = self.slack.now()
            changed = StoredVocabulary(wanted, before.revision + 1, user_id, now)
            if await self.slack.store.put_vocabulary(me.team_id, channel, changed):
                await self.slack.note(
                    AuditAction.VOCABULARY_CHANGED,
                    user_id,
                    origin,
                    team=me.team_id,
                    channel=channel,
                    words=f"{len(before.vocabulary.words)} -> {len(wanted.words)}",
                    replacements=f"{len(before.vocabulary.replacements)} -> {len(wanted.replacements)}",
                )
                return True
        raise VocabularyBusyError


def what_is_used(vocabulary: Vocabulary, capabilities: Capabilities | None, phrases: Phrases = ENGLISH) -> str:
    """What the service does with these entries, as mrkdwn; "" where there is nothing to say."""
    if capabilities is None:
        return ""
    say, service = phrases.say, escape_label(capabilities.title)
    if not capabilities.most_words:
        return say(words.TAKES_NONE).format(service=service)
    kept = set(fitting(vocabulary.words, capabilities.most_words))
    if left := [word for word in vocabulary.words if word not in kept]:
        return say(words.LEFT_OUT).format(service=service, count=capabilities.most_words, entries=listed(left))
    return say(words.TAKES).format(service=service, count=capabilities.most_words)


def listed(entries: list[str] | tuple[str, ...]) -> str:
    """Entries one behind the other, as mrkdwn."""
    return ", ".join(escape_label(entry) for entry in entries)


def replaced(vocabulary: Vocabulary) -> str:
    """The replacements one behind the other, as mrkdwn."""
    pairs = ((escape_label(one.heard), escape_label(one.written)) for one in vocabulary.replacements)
    return ", ".join(f"“{heard}” → “{written}”" for heard, written in pairs)
