"""One sentence in four languages."""

from typing import NamedTuple


class Said(NamedTuple):
    """The same in English, Spanish, French and Armenian, with the same placeholders."""

    en: str
    es: str
    fr: str
    hy: str
