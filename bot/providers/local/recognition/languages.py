"""Whisper's languages by its own codes, in the order of their names (openai/whisper, tokenizer.py)."""

from collections.abc import Mapping

from bot.text.language_names import language_name

_CODES = """
af sq am ar hy as az ba eu be bn bs br bg my yue ca zh hr cs da nl en et fo fi fr gl ka de el gu ht ha haw he hi
hu is id it ja jw kn kk km ko lo la lv ln lt lb mk mg ms ml mt mi mr mn ne no nn oc ps fa pl pt pa ro ru sa sr
sn sd si sk sl so es su sw sv tl tg ta tt te th bo tr tk uk ur uz vi cy yi yo
"""

LANGUAGES: Mapping[str, str] = dict(
    sorted(((code, language_name(code)) for code in _CODES.split()), key=lambda p: p[1])
)
"""Code -> English name."""

_ALIASES = {"jv": "jw", "nb": "no", "iw": "he", "in": "id", "fil": "tl", "cmn": "zh"}


def whisper_code(tag: str) -> str | None:
    """Whisper's code of a BCP-47 tag or locale name ("es-MX" and "es_MX" are "es"), None if it does not know it."""
    primary = tag.replace("_", "-").partition("-")[0].strip().lower()
    code = _ALIASES.get(primary, primary)
    return code if code in LANGUAGES else None
