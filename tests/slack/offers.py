"""Services to choose from: one that finds the language and has recording types, one with locales, one with codes."""

from collections.abc import Mapping

from bot.ports.audio import Accepts
from bot.ports.provider import Traits
from bot.providers.local.languages import LANGUAGES as CODES
from bot.providers.nabla_locales import LANGUAGES as LOCALES

OFFERS: Mapping[str, Traits] = {
    "local": Traits(title="Local engine", accepts=Accepts(frozenset()), gives_times=True, languages=CODES),
    "xosum": Traits(
        title="Xosum",
        accepts=Accepts(frozenset()),
        gives_speakers=True,
        recording_types={"single_voice": "Single voice", "phone_call": "Phone call"},
    ),
    "nabla": Traits(
        title="Nabla",
        accepts=Accepts(frozenset()),
        gives_speakers=True,
        gives_times=True,
        languages=LOCALES,
        fetches_audio=True,
    ),
}
