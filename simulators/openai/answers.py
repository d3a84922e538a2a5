"""The answer in each format, as each dialect writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from simulators.openai.dialects import Dialect, LanguageForm
from simulators.openai.speech import Utterance
from simulators.provider.call import JsonObject
from simulators.provider.results import cue_time

_NAMES: Final = {
    "en": "english",
    "hy": "armenian",
    "ru": "russian",
    "fr": "french",
    "es": "spanish",
    "de": "german",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What is to be written: `names` are the voices' names (voice -> name), `granularities` what was asked for."""

    said: Sequence[Utterance]
    seconds: float
    language: str
    granularities: frozenset[str] = frozenset()
    names: tuple[tuple[int, str], ...] = ()

    @property
    def text(self) -> str:
        """All words."""
        return " ".join(one.text for one in self.said)

    def speaker(self, voice: int) -> str:
        """Return a known speaker's name, else a letter: the first voice in this request is always A."""
        known = dict(self.names)
        if voice in known:
            return known[voice]
        letters = [one for one in dict.fromkeys(said.voice for said in self.said) if one not in known]
        return chr(ord("A") + letters.index(voice))


def language_as(code: str, form: LanguageForm) -> str:
    """Return the language as the dialect writes it: `es`, `spanish` or `Spanish`."""
    name = _NAMES.get(code, code)
    return {"code": code, "name": name, "Name": name.capitalize()}[form]


def plain(result: Result, dialect: Dialect, model: str) -> JsonObject:
    """Return the `json` format."""
    answer: JsonObject = {"text": result.text}
    if dialect.name in ("openai", "azure", "vllm"):
        if "whisper" in model or dialect.name == "vllm":
            answer["usage"] = {"type": "duration", "seconds": int(result.seconds) + 1}
        else:
            tokens = len(result.text) // 4
            answer["usage"] = {"type": "tokens", "input_tokens": 1, "output_tokens": tokens, "total_tokens": tokens + 1}
    if dialect.name == "groq":
        answer["x_groq"] = {"id": "req_simulated"}
    return answer


def verbose(result: Result, dialect: Dialect) -> JsonObject:
    """Return the `verbose_json` format."""
    seconds = round(result.seconds, 2)
    wanted = result.granularities or {"segment"}
    answer: JsonObject = {
        "task": "transcribe",
        "language": language_as(result.language, dialect.language_form),
        "duration": str(seconds) if dialect.duration_text else seconds,
        "text": result.text,
    }
    words: list[JsonValue] = [
        {"word": word, "start": start, "end": end} for one in result.said for word, start, end in one.words()
    ]
    if "segment" in wanted or dialect.name == "whisper.cpp":
        answer["segments"] = [_segment(number, one, dialect) for number, one in enumerate(result.said)]
    if "word" in wanted:
        answer["words"] = words
    elif dialect.name in ("speaches", "vllm"):
        answer["words"] = None
    if dialect.name == "groq":
        answer["x_groq"] = {"id": "req_simulated"}
    return answer


def diarized(result: Result) -> JsonObject:
    """Return the `diarized_json` format."""
    return {
        "task": "transcribe",
        "duration": round(result.seconds, 2),
        "text": result.text,
        "segments": [
            {
                "type": "transcript.text.segment",
                "id": f"seg_{number}",
                "start": one.start,
                "end": one.end,
                "speaker": result.speaker(one.voice),
                "text": f" {one.text}",
            }
            for number, one in enumerate(result.said)
        ],
        "usage": {"type": "duration", "seconds": int(result.seconds) + 1},
    }


def subtitles(result: Result, form: str) -> str:
    """Return the `srt`, `vtt` or `text` format."""
    if form == "text":
        return result.text + "\n"
    comma = "," if form == "srt" else "."
    cues = [
        f"{number}\n{cue_time(one.start, comma)} --> {cue_time(one.end, comma)}\n{one.text}\n"
        for number, one in enumerate(result.said, 1)
    ]
    return ("WEBVTT\n\n" if form == "vtt" else "") + "\n".join(cues)


def _segment(number: int, one: Utterance, dialect: Dialect) -> JsonObject:
    segment: JsonObject = {
        "id": number,
        "start": one.start,
        "end": one.end,
        "text": f" {one.text}",
        "temperature": 0.0,
        "avg_logprob": one.sure,
        "no_speech_prob": one.no_speech,
        "tokens": [50364],
    }
    if dialect.name != "whisper.cpp":
        segment |= {"seek": 0, "compression_ratio": one.compression}
    else:
        segment["words"] = [
            {"word": f" {word}", "start": start, "end": end, "t_dtw": -1, "probability": 0.9}
            for word, start, end in one.words()
        ]
    return segment
