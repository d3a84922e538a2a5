"""Nabla's speech locales: their names for people, and the BCP-47 tags that lead to them and back."""

from collections.abc import Mapping

from babel import Locale

from bot.text.language_names import language_name

_LOCALES = """
ENGLISH_US=en-US ENGLISH_UK=en-GB SPANISH_ES=es-ES SPANISH_MX=es-MX FRENCH_FR=fr-FR ARABIC_SA=ar-SA
ARABIC_EG=ar-EG ARABIC_LB=ar-LB ARABIC_MA=ar-MA ARMENIAN_AM=hy-AM BENGALI_IN=bn-IN CANTONESE_CN=yue-CN
CROATIAN_HR=hr-HR FILIPINO_PH=fil-PH GERMAN_DE=de-DE GREEK_GR=el-GR GUJARATI_IN=gu-IN HEBREW_IL=he-IL
HINDI_IN=hi-IN ITALIAN_IT=it-IT JAPANESE_JP=ja-JP KHMER_KH=km-KH KOREAN_KR=ko-KR MANDARIN_CN=zh-CN
PERSIAN_IR=fa-IR POLISH_PL=pl-PL PORTUGUESE_PT=pt-PT PUNJABI_IN=pa-IN RUSSIAN_RU=ru-RU SERBIAN_RS=sr-RS
TAMIL_IN=ta-IN TELUGU_IN=te-IN THAI_TH=th-TH URDU_IN=ur-IN VIETNAMESE_VN=vi-VN
"""

_TAGS = dict(pair.split("=") for pair in _LOCALES.split())  # the first of a language is what the bare language means


def _name(locale: str, tag: str) -> str:
    language, territory = tag.split("-")
    several = sum(other.startswith(f"{language}-") for other in _TAGS.values()) > 1
    name = "Mandarin" if locale == "MANDARIN_CN" else language_name(language)
    return f"{name} ({Locale('en').territories[territory]})" if several else name


LANGUAGES: Mapping[str, str] = {locale: _name(locale, tag) for locale, tag in _TAGS.items()}
NOTE_LOCALES = frozenset({"ENGLISH_US", "ENGLISH_UK", "FRENCH_FR"})

_OTHER_TAGS = {
    "zh-hk": "CANTONESE_CN",
    "zh-mo": "CANTONESE_CN",
    "cmn": "MANDARIN_CN",
    "tl": "FILIPINO_PH",
    "iw": "HEBREW_IL",
    "es-419": "SPANISH_MX",
    "es-us": "SPANISH_MX",
    "en-au": "ENGLISH_UK",
    "en-ie": "ENGLISH_UK",
    "en-nz": "ENGLISH_UK",
}
_BY_TAG = {
    **{tag.partition("-")[0]: locale for locale, tag in reversed(_TAGS.items())},
    **{tag.lower(): locale for locale, tag in _TAGS.items()},
    **_OTHER_TAGS,
}


def locale_of(language: str) -> str | None:
    """Nabla's locale for its own name (any, passed through: new ones appear) or a BCP-47 tag; None if there is none."""
    wanted = language.strip()
    if "_" in wanted and wanted.isupper():
        return wanted
    tag = wanted.lower().replace("_", "-")
    return _BY_TAG.get(tag) or _BY_TAG.get(tag.partition("-")[0])


def tag_of(locale: str) -> str | None:
    """The BCP-47 tag of a locale, None for one that is not listed."""
    return _TAGS.get(locale)


def note_locale_of(tag: str | None) -> str | None:
    """The locale for a clinical note about talk in this language; None: Nabla writes none in it."""
    locale = locale_of(tag) if tag else None
    return locale if locale in NOTE_LOCALES else None
