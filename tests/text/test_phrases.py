"""What a thread shows, in four languages: the same placeholders, within Slack's lengths, and harmless."""

import string
from dataclasses import fields

import pytest

from bot.text.durations import human
from bot.text.languages import PHRASES, phrases_of
from bot.text.phrases import ENGLISH, Phrases

TEXTS = [field.name for field in fields(Phrases) if field.type in ("str", str) and field.name != "locale"]
BUTTONS = ("cancel", "cancel_all", "try_again", "download", "rename", "again")


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("locale", sorted(PHRASES))
@pytest.mark.parametrize("name", TEXTS)
def test_every_phrase_is_there_with_the_placeholders_of_the_english_one(locale: str, name: str) -> None:
    said = getattr(PHRASES[locale], name)
    assert said.strip()
    assert placeholders(said) == placeholders(getattr(ENGLISH, name))
    assert not set(said) & set("<>*`~&")


@pytest.mark.parametrize("locale", ["es", "fr", "hy"])
def test_a_translation_translates(locale: str) -> None:
    same = [name for name in TEXTS if getattr(PHRASES[locale], name) == getattr(ENGLISH, name)]
    assert set(same) <= {"version", "trying_again", "share", "transcript"}


@pytest.mark.parametrize("locale", sorted(PHRASES))
def test_buttons_and_questions_keep_slacks_lengths(locale: str) -> None:
    said = PHRASES[locale]
    assert all(units(getattr(said, name)) <= 30 for name in BUTTONS)
    assert units(said.delete_title) <= 100
    assert units(said.delete_text) <= 300
    assert max(units(said.delete), units(said.keep)) <= 30


@pytest.mark.parametrize(
    ("tag", "locale"), [("es-LA", "es"), ("fr_FR", "fr"), ("HY-am", "hy"), ("de-DE", "en"), ("", "en"), ("est", "en")]
)
def test_a_language_tag_finds_its_phrases_or_english(tag: str, locale: str) -> None:
    assert phrases_of(tag).locale == locale


def test_languages_are_named_in_the_language_of_the_thread() -> None:
    assert phrases_of("es").language("ENGLISH_US") == "inglés"
    assert phrases_of("hy").language("hy") == "հայերեն"
    assert ENGLISH.language("sw-KE") == "Swahili"
    assert ENGLISH.language("xx-KE") == "xx-KE"


def test_lengths_of_time_have_the_units_of_the_thread() -> None:
    assert human(185, phrases_of("hy").units) == "3 րոպե 5 վրկ"
    assert human(2 * 86400 + 3 * 3600, phrases_of("fr").units) == "2 j 3 h"
