"""Nabla's clinical note from a transcript: strict about its request, simple in its words."""

from typing import Final

from pydantic import JsonValue

from simulators.nabla.settings import NESTED_NOTE_SINCE, NOTE_LOCALES, NOTE_TEMPLATE_KEY_SINCE
from simulators.provider.call import JsonObject
from simulators.provider.refusal import RefusalError
from simulators.provider.results import ENGLISH, FRENCH

TOO_SHORT_CODE: Final = 83005
_SPEAKERS: Final = frozenset({"DOCTOR", "PATIENT", "UNSPECIFIED"})
_SECTIONS: Final = {"CHIEF_COMPLAINT": "Chief complaint", "ASSESSMENT": "Assessment", "PLAN": "Plan"}


def note_fields(version: str) -> frozenset[str]:
    """Return the request's fields in a version."""
    template = "note_template_key" if version >= NOTE_TEMPLATE_KEY_SINCE else "note_template"
    context = (
        ("unstructured_context", "structured_context") if version >= NOTE_TEMPLATE_KEY_SINCE else ("patient_context",)
    )
    return frozenset({"transcript_items", "note_locale", "note_sections_customization", template, *context})


def note(body: JsonObject, version: str, min_words: int) -> JsonObject:
    """Return the answer to a note request; refuses with 400 a bad one, with 422 a transcript under `min_words`."""
    locale, items = body["note_locale"], body["transcript_items"]
    if locale not in NOTE_LOCALES:
        raise _bad(f"note_locale {locale!r} is not supported")
    if not isinstance(items, list):
        raise _bad("transcript_items must be a list")
    words = " ".join(_text(item, version) for item in items).split()
    if len(words) < min_words:
        words_too_few = "The transcript is too short to generate a note"
        raise RefusalError(422, words_too_few, name="NOTE_GENERATION_TRANSCRIPT_TOO_SHORT", code=TOO_SHORT_CODE)
    script = FRENCH if locale == "FRENCH_FR" else ENGLISH
    text = f"{script.summary} ({len(words)} words, beginning: {' '.join(words[:4])})"
    sections: list[JsonValue] = [{"key": key, "title": title, "text": text} for key, title in _SECTIONS.items()]
    template = "note_template_key" if version >= NOTE_TEMPLATE_KEY_SINCE else "note_template"
    made: JsonObject = {
        "title": script.title,
        "sections": sections,
        "locale": locale,
        template: body.get(template, "GENERIC_MULTIPLE_SECTIONS"),
    }
    return {"note": made} if version >= NESTED_NOTE_SINCE else made


def _text(item: JsonValue, version: str) -> str:
    if not isinstance(item, dict) or item.keys() != {"text", "speaker_type"}:
        raise _bad("each transcript item is {text, speaker_type}")
    text, speaker = item["text"], item["speaker_type"]
    if not isinstance(text, str) or not isinstance(speaker, str) or speaker.upper() not in _SPEAKERS:
        raise _bad("speaker_type is DOCTOR, PATIENT or UNSPECIFIED")
    return text


def _bad(words: str) -> RefusalError:
    return RefusalError(400, words, name="BAD_REQUEST", violation="bad-note")
