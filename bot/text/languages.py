"""Which language a person is spoken to in: from a language tag to phrases."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.text.phrases import ENGLISH, Phrases
from bot.text.translations import es, fr, hy
from bot.text.translations.answers import answers_in

PHRASES: Mapping[str, Phrases] = {
    phrases.locale: replace(phrases, answers=answers_in(phrases.locale))
    for phrases in (ENGLISH, hy.PHRASES, es.PHRASES, fr.PHRASES)
}


def phrases_of(locale: str) -> Phrases:
    """The phrases of a language tag (`hy`, `es-LA`, `fr-FR`); English where there are none."""
    return PHRASES.get(re.split(r"[-_]", locale.lower(), maxsplit=1)[0], ENGLISH)
