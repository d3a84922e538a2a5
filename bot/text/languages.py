"""Which language a person is spoken to in: from a language tag to phrases."""

import re
from collections.abc import Mapping

from bot.text.phrases import ENGLISH, Phrases
from bot.text.translations import es, fr, hy

PHRASES: Mapping[str, Phrases] = {phrases.locale: phrases for phrases in (ENGLISH, hy.PHRASES, es.PHRASES, fr.PHRASES)}


def phrases_of(locale: str) -> Phrases:
    """The phrases of a language tag (`hy`, `es-LA`, `fr-FR`); English where there are none."""
    return PHRASES.get(re.split(r"[-_]", locale.lower(), maxsplit=1)[0], ENGLISH)
