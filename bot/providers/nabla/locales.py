"""Nabla's speech locales: their names for people, and the BCP-47 tags that lead to them and back."""

from collections.abc import Mapping

_TABLE = (
    # locale, tag, name; the first of a language is what the bare language means
    ("ENGLISH_US", "en-US", "English (United States)"),
    ("ENGLISH_UK", "en-GB", "English (United Kingdom)"),
    ("SPANISH_ES", "es-ES", "Spanish (Spain)"),
    ("SPANISH_MX", "es-MX", "Spanish (Mexico)"),
    ("FRENCH_FR", "fr-FR", "French"),
    ("ARABIC_SA", "ar-SA", "Arabic (Saudi Arabia)"),
    ("ARABIC_EG", "ar-EG", "Arabic (Egypt)"),
    ("ARABIC_LB", "ar-LB", "Arabic (Lebanon)"),
    ("ARABIC_MA", "ar-MA", "Arabic (Morocco)"),
    ("ARMENIAN_AM", "hy-AM", "Armenian"),
    ("BENGALI_IN", "bn-IN", "Bengali"),
    ("CANTONESE_CN", "yue-CN", "Cantonese"),
    ("CROATIAN_HR", "hr-HR", "Croatian"),
    ("FILIPINO_PH", "fil-PH", "Filipino"),
    ("GERMAN_DE", "de-DE", "German"),
    ("GREEK_GR", "el-GR", "Greek"),
    ("GUJARATI_IN", "gu-IN", "Gujarati"),
    ("HEBREW_IL", "he-IL", "Hebrew"),
    ("HINDI_IN", "hi-IN", "Hindi"),
    ("ITALIAN_IT", "it-IT", "Italian"),
    ("JAPANESE_JP", "ja-JP", "Japanese"),
    ("KHMER_KH", "km-KH", "Khmer"),
    ("KOREAN_KR", "ko-KR", "Korean"),
    ("MANDARIN_CN", "zh-CN", "Mandarin"),
    ("PERSIAN_IR", "fa-IR", "Persian"),
    ("POLISH_PL", "pl-PL", "Polish"),
    ("PORTUGUESE_PT", "pt-PT", "Portuguese"),
    ("PUNJABI_IN", "pa-IN", "Punjabi"),
    ("RUSSIAN_RU", "ru-RU", "Russian"),
    ("SERBIAN_RS", "sr-RS", "Serbian"),
    ("TAMIL_IN", "ta-IN", "Tamil"),
    ("TELUGU_IN", "te-IN", "Telugu"),
    ("THAI_TH", "th-TH", "Thai"),
    ("URDU_IN", "ur-IN", "Urdu"),
    ("VIETNAMESE_VN", "vi-VN", "Vietnamese"),
)

LANGUAGES: Mapping[str, str] = {locale: name for locale, _, name in _TABLE}
NOTE_LOCALES = frozenset({"ENGLISH_US", "ENGLISH_UK", "FRENCH_FR"})

_TAGS = {locale: tag for locale, tag, _ in _TABLE}
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
    **{tag.partition("-")[0]: locale for locale, tag, _ in reversed(_TABLE)},
    **{tag.lower(): locale for locale, tag, _ in _TABLE},
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
