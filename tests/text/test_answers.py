"""What one person alone reads, in four languages: each sentence that is said has its translations, and no other."""

import string
from collections.abc import Iterator, Mapping
from types import ModuleType

import pytest

from bot.slack import texts
from bot.slack.buttons import texts as button_texts
from bot.slack.command import texts as command_texts
from bot.slack.home import texts as home_texts
from bot.slack.settings import texts as settings_texts
from bot.slack.settings import vocabulary_texts
from bot.text.languages import PHRASES
from bot.text.translations.answers import ALL
from bot.text.translations.answers.said import Said

ENGLISH_ONLY = {
    "COMMAND",
    "LOCAL",
    "SLACK_LANE",
    "ICONS",
    "FINDING_ICONS",
    "RUNNING_ICON",
    "GREETING",  # a channel has no language
    "GREETING_KEPT",
    "SAVED_BUT_DEAF",  # of the settings
    "PAGE",  # numbers
    "SAYS",  # quotation marks
}


MODULES = [texts, command_texts, button_texts, home_texts, settings_texts, vocabulary_texts]


def said_in(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Every sentence of a module of texts, with the name of its constant."""
    for name, value in vars(module).items():
        if name.lstrip("_") in ENGLISH_ONLY or not name.isupper() or name.lstrip("_").startswith(("AUDIT", "DEED")):
            continue
        if isinstance(value, str):
            yield from ((name, line) for line in value.split("\n"))  # each command of the help has its own line
        elif isinstance(value, Mapping):
            yield from ((name, each) for each in value.values() if isinstance(each, str) and each)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_sentence_that_is_said_is_translated(module: ModuleType) -> None:
    known = {said.en for said in ALL}
    missing = {name: sentence for name, sentence in said_in(module) if sentence not in known}
    assert missing == {}


def test_no_translation_is_of_a_sentence_that_nobody_says() -> None:
    spoken = {sentence for module in MODULES for _, sentence in said_in(module)}
    assert {said.en for said in ALL} - spoken <= {"recording"}  # the name of a file that has none
    assert len({said.en for said in ALL}) == len(ALL)


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("said", ALL, ids=lambda said: said.en[:30])
def test_a_translation_has_the_same_placeholders_and_marks(said: Said) -> None:
    for text in (said.es, said.fr, said.hy):
        assert text.strip()
        assert placeholders(text) == placeholders(said.en)
        for mark in "`*<>":
            assert text.count(mark) == said.en.count(mark), mark
        assert text != said.en


@pytest.mark.parametrize("locale", sorted(PHRASES))
def test_phrases_say_an_answer_in_their_language(locale: str) -> None:
    column = {"en": 0, "es": 1, "fr": 2, "hy": 3}[locale]
    assert [PHRASES[locale].say(said.en) for said in ALL] == [said[column] for said in ALL]
    assert PHRASES[locale].say("A sentence without a translation") == "A sentence without a translation"
