"""Services to choose from: one that finds the language and has recording types, one with locales, one with codes."""

from collections.abc import Mapping

from bot.domain.job import Options
from bot.ports.audio import InputLimits
from bot.ports.provider import Capabilities
from bot.providers.local.recognition.languages import LANGUAGES as CODES
from bot.providers.nabla.locales import LANGUAGES as LOCALES

OFFERS: Mapping[str, Capabilities] = {
    "local": Capabilities(
        title="Local engine",
        accepts=InputLimits(frozenset()),
        gives_speakers=True,
        gives_times=True,
        languages=CODES,
        takes_speakers=True,
        most_words=3,
        default_options=Options(speakers="detect"),
    ),
    "xosum": Capabilities(
        title="Xosum",
        accepts=InputLimits(frozenset()),
        gives_speakers=True,
        recording_types={"single_voice": "Single voice", "phone_call": "Phone call"},
    ),
    "nabla": Capabilities(
        title="Nabla",
        accepts=InputLimits(frozenset()),
        gives_speakers=True,
        gives_times=True,
        languages=LOCALES,
        fetches_audio=True,
    ),
}
