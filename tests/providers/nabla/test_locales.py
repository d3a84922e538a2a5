"""Languages as Nabla's locales, and back."""

import pytest

from bot.providers.nabla.locales import LANGUAGES, locale_of, note_locale_of, tag_of
from simulators.nabla.settings import SPEECH_LOCALES


def test_every_documented_locale_is_listed_and_leads_to_its_tag_and_back() -> None:
    assert set(LANGUAGES) == SPEECH_LOCALES
    for locale in LANGUAGES:
        tag = tag_of(locale)
        assert tag is not None
        assert locale_of(tag) == locale_of(tag.upper()) == locale


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("en", "ENGLISH_US"),
        ("en-GB", "ENGLISH_UK"),
        ("en_gb", "ENGLISH_UK"),
        ("en-ZA", "ENGLISH_US"),
        ("es-419", "SPANISH_MX"),
        ("pt-BR", "PORTUGUESE_PT"),
        ("zh-Hant-HK", "MANDARIN_CN"),
        ("zh-HK", "CANTONESE_CN"),
        ("ar", "ARABIC_SA"),
        (" hy ", "ARMENIAN_AM"),
        ("MARTIAN_MA", "MARTIAN_MA"),
        ("tlh", None),
        ("", None),
    ],
)
def test_a_tag_leads_to_the_nearest_locale(language: str, locale: str | None) -> None:
    assert locale_of(language) == locale


@pytest.mark.parametrize(
    ("tag", "locale"),
    [("en-US", "ENGLISH_US"), ("en-GB", "ENGLISH_UK"), ("fr-FR", "FRENCH_FR"), ("hy-AM", None), (None, None)],
)
def test_a_note_is_written_in_three_locales(tag: str | None, locale: str | None) -> None:
    assert note_locale_of(tag) == locale
