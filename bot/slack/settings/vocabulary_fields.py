"""The fields of the settings window for names, jargon and replacements. Pure."""

from dataclasses import dataclass

from bot.domain.vocabulary import ConversationVocabulary, Vocabulary, VocabularyError, parse
from bot.ports.provider import Capabilities
from bot.slack.api.payloads import Json, child, integer
from bot.slack.blockkit.blocks import Block, context
from bot.slack.blockkit.modals import entered, field, lines
from bot.slack.settings import vocabulary_texts as words
from bot.slack.settings.vocabulary import listed, replaced, what_is_used
from bot.text.phrases import ENGLISH, Phrases

CHANNEL_WORDS = "settings_words"
WORKSPACE_WORDS = "settings_workspace_words"
_SEEN = {CHANNEL_WORDS: "words", WORKSPACE_WORDS: "shared_words"}  # where the facts have the revision that was shown


@dataclass(frozen=True, slots=True)
class VocabularyFields:
    """The text of each field, whether the user may change the workspace's, and what the service makes of them."""

    vocabulary: ConversationVocabulary
    admin: bool = False

    def facts(self) -> Json:
        """What the window brings back: the revisions that were shown."""
        return {"words": self.vocabulary.channel.revision, "shared_words": self.vocabulary.workspace.revision}

    def blocks(self, capabilities: Capabilities | None, phrases: Phrases = ENGLISH) -> list[Block]:
        """The fields."""
        own, shared = self.vocabulary.channel.vocabulary, self.vocabulary.workspace.vocabulary
        found = [_field(CHANNEL_WORDS, words.CHANNEL_FIELD, own, words.HINT, phrases)]
        if self.admin:
            found.append(_field(WORKSPACE_WORDS, words.WORKSPACE_FIELD, shared, words.WORKSPACE_HINT, phrases))
        elif shared:
            found.append(context(phrases.say(words.WORKSPACE_ALSO).format(entries=summary(shared))))
        if said := what_is_used(self.vocabulary.merged, capabilities, phrases):
            found.append(context(said))
        return found


NO_VOCABULARY = VocabularyFields(ConversationVocabulary())


@dataclass(frozen=True, slots=True)
class EnteredList:
    """What a field holds: the block for a sentence about it, the list, and the revision that was shown."""

    block: str
    vocabulary: Vocabulary
    seen: int

    def instead(self, before: Vocabulary) -> Vocabulary:
        """This list, whatever was there before."""
        return self.vocabulary


def read(body: Json, facts: Json, phrases: Phrases) -> list[EnteredList] | tuple[str, str]:
    """The lists of the fields that the window has, or the block and the sentence of what cannot be taken."""
    state = child(body, "view", "state", "values")
    found: list[EnteredList] = []
    for block in (CHANNEL_WORDS, WORKSPACE_WORDS):
        if block not in state:
            continue
        try:
            vocabulary = parse(entered(body, block, block)).checked()
        except VocabularyError as error:
            return block, words.fault(error, phrases)
        found.append(EnteredList(block, vocabulary, integer(facts, _SEEN[block])))
    return found


def summary(vocabulary: Vocabulary) -> str:
    """All entries in a line, as mrkdwn."""
    return ", ".join(part for part in (listed(vocabulary.words), replaced(vocabulary)) if part)


def _field(block: str, label: str, vocabulary: Vocabulary, hint: str, phrases: Phrases) -> Block:
    say = phrases.say
    element = lines(block, vocabulary.as_text(), say(words.PLACEHOLDER))
    return field(block, say(label), element, hint=say(hint), optional=True)
