"""`/transcribe words`: names, jargon and replacements of the channel, or of the whole workspace."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.vocabulary import Vocabulary, VocabularyError, entry, parse, replacement
from bot.ports.store import JobStore
from bot.slack.api.identity import Identity
from bot.slack.blockkit.blocks import Message, context, section, units
from bot.slack.blockkit.limits import SECTION
from bot.slack.blockkit.text import escape, escape_label, split
from bot.slack.settings import vocabulary_texts as words
from bot.slack.settings.permissions import SettingsPermissions
from bot.slack.settings.services import Services
from bot.slack.settings.vocabulary import Vocabularies, VocabularyBusyError, listed, replaced, what_is_used
from bot.slack.thread.render import answer
from bot.text.phrases import ENGLISH, Phrases

_WORKSPACE = "workspace"
_OPENING, _CLOSING = "\"'“‘„«", "\"'”’“»"
_QUOTED = re.compile(f"[{_OPENING}]([^{_OPENING}{_CLOSING}]+)[{_CLOSING}]")


@dataclass(frozen=True, slots=True)
class WordsRequest:
    """What follows `words`: by whom and where, for which list, the act and what it is about."""

    user_id: str
    channel: str
    shared: bool
    act: str
    rest: str
    phrases: Phrases = ENGLISH


@dataclass
class WordsCommand:
    """Answers it. Raises `StepError`s and `StoreError`s."""

    store: JobStore
    rights: SettingsPermissions
    vocabularies: Vocabularies
    services: Services

    async def answer(self, me: Identity, user_id: str, channel: str, typed: str, phrases: Phrases) -> Message:
        """Do it, and what to say. `typed` is what follows `words`."""
        asked, say = read(user_id, channel, typed, phrases), phrases.say
        right = await self.rights.of(user_id, channel, here=channel)
        if not right.sees:
            return answer(right.said(phrases))
        if asked.act == "list":
            return await self._list(me, asked)
        if asked.act not in ("add", "remove", "replace"):
            return answer(say(words.UNKNOWN).format(word=escape_label(asked.act[:40])))
        if asked.shared and not await self.vocabularies.may_change_workspace(user_id):
            return answer(say(words.ADMINS_ONLY))
        if not asked.shared and not right.changes:
            return answer(right.said(phrases))
        try:
            return await self._change(me, asked)
        except VocabularyError as error:
            return answer(escape(words.fault(error, phrases)))
        except VocabularyBusyError:
            return answer(say(words.BUSY))

    async def _change(self, me: Identity, asked: WordsRequest) -> Message:
        say = asked.phrases.say
        scope = say(words.THE_WORKSPACE if asked.shared else words.THIS_CHANNEL)
        if asked.act == "remove":
            return await self._remove(me, asked, scope)
        if asked.act == "replace":
            pair = read_pair(asked.rest)
            if pair is None:
                return answer(say(words.REPLACE_WHAT))
            more = Vocabulary((), (replacement(*pair),))
            said = say(words.REPLACES).format(
                scope=scope, heard=f"“{escape_label(pair[0])}”", written=f"“{escape_label(pair[1])}”"
            )
        else:
            more = parse(unquoted(asked.rest))
            if not more:
                return answer(say(words.ADD_WHAT))
            said = say(words.ADDED).format(
                scope=scope, entries=", ".join(filter(None, (listed(more.words), replaced(more))))
            )
        if not await self._edit(me, asked, lambda before: before.adding(more)):
            return answer(say(words.UNCHANGED).format(scope=scope[:1].upper() + scope[1:]))
        return await self._said(me, asked, said)

    async def _remove(self, me: Identity, asked: WordsRequest, scope: str) -> Message:
        say = asked.phrases.say
        entries = [entry(each) for each in unquoted(asked.rest).split(",") if each.strip()]
        if not entries:
            return answer(say(words.REMOVE_WHAT))
        missing: tuple[str, ...] = ()

        def without(before: Vocabulary) -> Vocabulary:
            nonlocal missing
            kept, missing = before.removing(entries)
            return kept

        await self._edit(me, asked, without)
        gone = [each for each in entries if each not in missing]
        said = [say(words.REMOVED).format(scope=scope, entries=listed(gone))] if gone else []
        if missing:
            said.append(say(words.NOT_THERE).format(scope=scope[:1].upper() + scope[1:], entries=listed(missing)))
        return answer(" ".join(said))

    async def _edit(self, me: Identity, asked: WordsRequest, edit: Callable[[Vocabulary], Vocabulary]) -> bool:
        place = "" if asked.shared else asked.channel
        return await self.vocabularies.change(me, asked.user_id, place, edit, "command")

    async def _said(self, me: Identity, asked: WordsRequest, said: str) -> Message:
        """An answer, and below it what the service of the channel does with the list."""
        merged = (await self.vocabularies.of(me, asked.channel)).merged
        return Message(said, [section(said), context(await self._use(me, asked, merged))])

    async def _list(self, me: Identity, asked: WordsRequest) -> Message:
        say, found = asked.phrases.say, await self.vocabularies.of(me, asked.channel)
        blocks = []
        for heading, stored in ((words.CHANNEL, found.channel), (words.WORKSPACE, found.workspace)):
            parts = [listed(stored.vocabulary.words)] if stored.vocabulary.words else []
            if stored.vocabulary.replacements:
                parts.append(f"{say(words.REPLACED)}: {replaced(stored.vocabulary)}")
            if parts:
                blocks += [section(part) for part in split("\n".join([say(heading), *parts]), SECTION, units)]
        if not blocks:
            none = say(words.NONE_HERE)
            return Message(none, [section(none), context(say(words.HOW))])
        used = await self._use(me, asked, found.merged)
        return Message(say(words.CHANNEL), [*blocks, context(used), context(say(words.HOW))])

    async def _use(self, me: Identity, asked: WordsRequest, vocabulary: Vocabulary) -> str:
        settings = await self.store.channel_settings(me.team_id, asked.channel)
        capabilities = self.services.capabilities(settings.provider)
        return what_is_used(vocabulary, capabilities, asked.phrases) or asked.phrases.say(words.HOW)


def read(user_id: str, channel: str, typed: str, phrases: Phrases = ENGLISH) -> WordsRequest:
    """What was typed behind `words`."""
    first, _, rest = typed.strip().partition(" ")
    shared = first.lower() == _WORKSPACE
    if shared:
        first, _, rest = rest.strip().partition(" ")
    return WordsRequest(user_id, channel, shared, first.lower() or "list", rest.strip(), phrases)


def read_pair(rest: str) -> tuple[str, str] | None:
    """What is heard and what is written: two quotations, or the two sides of an arrow; None if it is neither."""
    quoted = _QUOTED.findall(rest)
    if len(quoted) == 2 and not _QUOTED.sub("", rest).strip(" -=>→,"):
        return quoted[0], quoted[1]
    for arrow in ("->", "→", "=>"):
        heard, found, written = rest.partition(arrow)
        if found:
            return unquoted(heard), unquoted(written)
    return None


def unquoted(typed: str) -> str:
    """Without quotation marks around entries: an apostrophe inside a name stays."""
    return ",".join(each.strip().strip(_OPENING + _CLOSING) for each in typed.split(","))
