"""Names and jargon that a conversation uses, and replacements for what is heard wrongly. Pure."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

T = TypeVar("T")

LONGEST_ENTRY: Final = 60  # characters of a name, and of each side of a replacement
MOST_WORDS: Final = 100  # names and terms of one conversation
MOST_REPLACEMENTS: Final = 100
LONGEST_LIST: Final = 2_500  # characters, as `as_text` writes it: a field of Slack's modals takes 3,000
ARROW: Final = "->"
_ARROWS: Final = (ARROW, "→", "=>", "-&gt;")
_SEPARATORS: Final = str.maketrans({";": ",", "،": ",", "、": ",", "，": ","})
_JOINERS: Final = "\u200c\u200d"  # invisible, and part of words in Persian and in the scripts of India


class VocabularyFault(StrEnum):
    """Why an entry cannot be taken."""

    NO_LETTERS = "no_letters"
    TOO_LONG = "too_long"
    NOTHING_TO_WRITE = "nothing_to_write"
    TOO_MANY_WORDS = "too_many_words"
    TOO_MANY_REPLACEMENTS = "too_many_replacements"
    LIST_TOO_LONG = "list_too_long"


class VocabularyError(ValueError):
    """An entry, or the whole list, cannot be taken; `entry` is what was typed ("" for the whole list)."""

    def __init__(self, fault: VocabularyFault, entry: str = "") -> None:
        super().__init__(f"{fault.value}: {entry}")
        self.fault = fault
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is heard, and what is to be written instead of it."""

    heard: str
    written: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names and terms for the speech model, and replacements for its text. Entries are one line each, trimmed."""

    words: tuple[str, ...] = ()
    replacements: tuple[Replacement, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.replacements)

    def checked(self) -> "Vocabulary":
        """This vocabulary. Raises `VocabularyError` where it is above a limit."""
        if len(self.words) > MOST_WORDS:
            raise VocabularyError(VocabularyFault.TOO_MANY_WORDS)
        if len(self.replacements) > MOST_REPLACEMENTS:
            raise VocabularyError(VocabularyFault.TOO_MANY_REPLACEMENTS)
        if len(self.as_text()) > LONGEST_LIST:
            raise VocabularyError(VocabularyFault.LIST_TOO_LONG)
        return self

    def adding(self, more: "Vocabulary") -> "Vocabulary":
        """With these entries too; one that differs from an earlier one only in case or spaces takes its place."""
        words = _united(self.words, more.words, str)
        replacements = _united(self.replacements, more.replacements, lambda one: one.heard)
        return Vocabulary(tuple(words), tuple(replacements))

    def removing(self, entries: Iterable[str]) -> tuple["Vocabulary", tuple[str, ...]]:
        """Without these words and replacements (named by what is heard), and those that were not there."""
        known = {key(word) for word in self.words} | {key(one.heard) for one in self.replacements}
        asked = {key(entry): entry for entry in entries}
        kept = Vocabulary(
            tuple(word for word in self.words if key(word) not in asked),
            tuple(one for one in self.replacements if key(one.heard) not in asked),
        )
        return kept, tuple(entry for name, entry in asked.items() if name not in known)

    def as_text(self) -> str:
        """One entry a line, as `parse` reads it."""
        return "\n".join([*self.words, *(f"{one.heard} {ARROW} {one.written}" for one in self.replacements)])


@dataclass(frozen=True, slots=True)
class StoredVocabulary:
    """A vocabulary with its number of changes (0: never set), who changed it last and when (Unix seconds)."""

    vocabulary: Vocabulary = Vocabulary()
    revision: int = 0
    changed_by: str = ""
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ConversationVocabulary:
    """What applies in a conversation: its own entries, and beneath them those of the whole workspace."""

    channel_id: str = ""
    workspace: StoredVocabulary = StoredVocabulary()
    channel: StoredVocabulary = StoredVocabulary()

    @property
    def merged(self) -> Vocabulary:
        """Both; the channel's entries last, and in the place of those of the workspace that they contradict."""
        return self.workspace.vocabulary.adding(self.channel.vocabulary)

    def mark(self, takes_words: bool) -> str | None:
        """Names the state of the vocabulary without telling it: two jobs with one mark had the same. None: empty.

        `takes_words`: whether the provider is given words; for others only replacements count.
        """
        merged = self.merged
        if not merged.replacements and not (takes_words and merged.words):
            return None
        parts = [str(self.workspace.revision)] if self.workspace.vocabulary else []
        parts += [f"{self.channel_id}.{self.channel.revision}"] if self.channel.vocabulary else []
        return "+".join(parts)


def parse(typed: str) -> Vocabulary:
    """Entries of a list: one a line, or separated by commas; `heard -> written`, on a line of its own, replaces.

    Raises `VocabularyError` for the first entry that cannot be taken. Of entries that are the same the last counts.
    """
    words: list[str] = []
    replacements: list[Replacement] = []
    for line in typed.splitlines():
        arrow = next((each for each in _ARROWS if each in line), None)
        if arrow is not None:
            heard, _, written = line.partition(arrow)
            replacements.append(replacement(heard, written))
        else:
            words += [entry(each) for each in line.translate(_SEPARATORS).split(",") if each.strip()]
    return Vocabulary().adding(Vocabulary(tuple(words), tuple(replacements)))


def entry(typed: str) -> str:
    """A name or term as it is kept. Raises `VocabularyError`."""
    shown = "".join(c if c in _JOINERS or unicodedata.category(c)[0] != "C" else " " for c in typed)
    kept = unicodedata.normalize("NFC", " ".join(shown.split()))
    if len(kept) > LONGEST_ENTRY:
        raise VocabularyError(VocabularyFault.TOO_LONG, kept)
    if not any(c.isalnum() for c in kept):
        raise VocabularyError(VocabularyFault.NO_LETTERS, kept)
    return kept


def replacement(heard: str, written: str) -> Replacement:
    """A replacement as it is kept. Raises `VocabularyError`."""
    kept = entry(heard)
    if not written.strip():
        raise VocabularyError(VocabularyFault.NOTHING_TO_WRITE, kept)
    return Replacement(kept, entry(written))


def fitting(entries: Sequence[str], most_words: int, beneath: Sequence[str] = ()) -> tuple[str, ...]:
    """The last entries that have at most this many words together, and `beneath` in front of them what still fits.

    The order is that of the list, so that the ones that matter most come last, where a prompt has the most weight.
    """
    known = {key(one) for one in entries}
    candidates = [*(one for one in beneath if key(one) not in known), *entries]
    kept: list[str] = []
    left = most_words
    for one in reversed(candidates):
        left -= len(one.split())
        if left < 0:
            break
        kept.append(one)
    return tuple(reversed(kept))


def key(typed: str) -> str:
    """What makes two entries the same: neither case nor spaces count."""
    return " ".join(unicodedata.normalize("NFC", typed).casefold().split())


def _united(before: Sequence[T], more: Sequence[T], name: Callable[[T], str]) -> list[T]:
    found = {key(name(one)): one for one in before}
    for one in more:
        if found.get(key(name(one))) == one:
            continue
        found.pop(key(name(one)), None)
        found[key(name(one))] = one
    return list(found.values())
