"""Languages of Whisper models: what a request says, and what an answer says (`es`, `spanish`, `Spanish`)."""

from collections.abc import Mapping
from typing import Final

from bot.providers.local.recognition.languages import LANGUAGES, whisper_code
from bot.providers.openai.dialects import Dialect

__all__ = ["LANGUAGES", "code_of", "language_field"]

_ISO: Final[Mapping[str, str]] = {"jw": "jv"}  # Whisper's own code for Javanese
_BY_NAME: Final[Mapping[str, str]] = {
    **{name.lower(): code for code, name in LANGUAGES.items()},
    # further names in openai/whisper's tokenizer.py
    **{"burmese": "my", "valencian": "ca", "flemish": "nl", "haitian": "ht", "letzeburgesch": "lb", "pushto": "ps"},
    **{"panjabi": "pa", "moldavian": "ro", "moldovan": "ro", "sinhalese": "si", "castilian": "es", "mandarin": "zh"},
    "nynorsk": "nn",
}


def language_field(tag: str, dialect: Dialect) -> str:
    """The `language` of a request for a BCP-47 tag; "" for a language that the server cannot be asked for."""
    code = whisper_code(tag)
    if code is None:
        return ""
    code = _ISO.get(code, code)
    return "" if dialect.two_letters and len(code) != 2 else code


def code_of(language: str) -> str:
    """The code of a language as an answer writes it, "" for one that nobody knows."""
    return _BY_NAME.get(language.strip().lower()) or whisper_code(language) or ""
