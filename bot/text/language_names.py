"""Names of languages and weekdays in the language of the reader, from Unicode's CLDR (by Babel)."""

from collections.abc import Mapping
from functools import cache

from babel import Locale
from babel.dates import get_day_names

_OLD_CODES = {"iw": "he", "in": "id", "jw": "jv"}  # Whisper's code for Javanese is the old one


def language_name(tag: str, reader: str = "en") -> str:
    """The name of a language tag in the reader's language ("es-MX" in "fr" is "espagnol"), or the tag itself.

    Names of Nabla's kind are known too: "SPANISH_ES" is Spanish.
    """
    head = tag.replace("_", "-").partition("-")[0].lower()
    code = _OLD_CODES.get(head, head)
    names = _names(reader)
    if code not in names:
        code = _codes().get(head, code)
    return names.get(code) or (head.capitalize() if len(head) > 3 else tag)


@cache
def weekday_names(reader: str = "en") -> tuple[str, ...]:
    """Monday to Sunday, abbreviated in the reader's language and without a full stop: "Mon", "lun", "երկ"."""
    names = get_day_names("abbreviated", "stand-alone", reader)
    return tuple(str(names[day]).rstrip(".") for day in range(7))


@cache
def _names(reader: str) -> Mapping[str, str]:
    return dict(Locale(reader).languages)


@cache
def _codes() -> Mapping[str, str]:
    """Codes by the English name in lower case."""
    return {name.lower(): code for code, name in _names("en").items()}
