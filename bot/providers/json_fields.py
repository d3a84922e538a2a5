"""Values out of somebody else's JSON: tolerant in what is there, typed in what comes out.

Text is made storable (no lone surrogates, no NUL); references are short printable ASCII or nothing at all.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast
from urllib.parse import urlsplit

from bot.domain.errors import Problem, ProblemCode, Rejected
from bot.domain.transcript import Segment, Transcript
from bot.http import Answer
from bot.ports.provider import Failed
from bot.text.printable import one_line as printable_line

Fields = Mapping[str, object]

_REFERENCE = re.compile(r"[\x21-\x7e]{1,200}")
_DETAIL = 300  # characters of a provider's own words that are kept
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*", re.ASCII)  # a name, IPv4, IPv6
_LONGEST_URL = 16_384
_LONGEST_RECORDING = 30 * 86_400.0  # seconds; what lies beyond is no place in a recording


def read_object(raw: bytes) -> Fields | None:
    """A JSON object, or None for anything else, however malformed, deep or foreign."""
    try:
        found: object = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return mapping(found)


def mapping(value: object) -> Fields | None:
    """The value as an object, or None."""
    return cast("Fields", value) if isinstance(value, dict) else None


def objects(source: Fields, name: str) -> Sequence[Fields] | None:
    """The objects of a list, skipping what is none; None when there is no list."""
    found = source.get(name)
    return [cast("Fields", item) for item in found if isinstance(item, dict)] if isinstance(found, list) else None


def has_words(listed: object) -> bool:
    """Whether a result's list of segments can be read: null and an empty list can, too, and mean that nothing was said.

    A list none of whose items has a `text` is not silence, but an answer of another shape than the one we know.
    """
    if listed is None:
        return True
    if not isinstance(listed, list):
        return False
    return not listed or any(isinstance(item, dict) and isinstance(item.get("text"), str) for item in listed)


def text(source: Fields, *names: str) -> str:
    """The first non-empty string among `names`, stripped; else ""."""
    for name in names:
        found = source.get(name)
        if isinstance(found, str) and (clean := storable(found).strip()):
            return clean
    return ""


def timed_transcript(found: Iterable[Segment], language: str | None = None) -> Transcript:
    """The segments that have words, by their start where all have one; its length is where the last one ends."""
    segments = [segment for segment in found if segment.text]
    if all(segment.start is not None for segment in segments):
        segments.sort(key=lambda segment: segment.start or 0.0)
    ends = [segment.end for segment in segments if segment.end is not None]
    return Transcript(tuple(segments), language=language, seconds=max(ends, default=None))


def storable(found: str) -> str:
    """The string as any database and file can hold it."""
    return found.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def number(source: Fields, *names: str) -> float | None:
    """The first finite number (or a string that is one) among `names`, else None."""
    for name in names:
        found = source.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            continue
        try:
            value = float(found)
        except (ValueError, OverflowError):
            continue
        if math.isfinite(value):
            return value
    return None


def seconds(source: Fields, *names: str, per_second: int = 1) -> float | None:
    """A time or a length in seconds, of a number that has `per_second` for each; None for one that no recording has."""
    value = number(source, *names)
    return max(0.0, value / per_second) if value is not None and abs(value) / per_second <= _LONGEST_RECORDING else None


def reference(source: Fields, name: str) -> str:
    """An identifier that can be stored, compared and put into a URL after quoting; else ""."""
    found = source.get(name)
    return found if isinstance(found, str) and _REFERENCE.fullmatch(found) else ""


def upload_url(source: Fields, name: str, base_url: str) -> str:
    """A URL that a request can be written for, else ""; audio does not go in the clear where the API does not."""
    found = source.get(name)
    if not isinstance(found, str) or len(found) > _LONGEST_URL or not found.isprintable() or found != found.strip():
        return ""
    try:
        parts = urlsplit(found)
        host, _ = parts.hostname or "", parts.port  # a port above 65,535 raises
    except ValueError:
        return ""
    schemes = ("https",) if base_url.startswith("https://") else ("https", "http")
    return found if parts.scheme in schemes and _HOST.fullmatch(host) else ""


def reason(answer: Answer) -> str:
    """A provider's own words for a refusal: `error`, `message`, `messsage` (sic), else the raw text. One line."""
    found = answer.json_or_none()
    if found is not None:
        nested = mapping(found.get("error"))
        words = text(found, "error", "message", "messsage") or (text(nested, "message") if nested else "")
    else:
        words = answer.body[:2000].decode("utf-8", "replace").strip()
        if words.startswith("<"):
            words = "a web page instead of an answer"
    return one_line(words or f"status {answer.status}")


def refusal(answer: Answer, provider: str) -> Rejected:
    """What a person reads of an answer that will not change: the provider's own words.

    The detail, which is logged, has only the status: some providers quote what was said in the recording.
    """
    words = reason(answer)
    problem = Problem(ProblemCode.PROVIDER_REFUSED, {"provider": provider, "detail": words})
    return Rejected(problem, f"{answer.source}: status {answer.status}")


def gave_up(provider: str, words: str, detail: str) -> Failed:
    """The job failed at the provider; `words` are its own, which a person reads."""
    return Failed(Problem(ProblemCode.PROVIDER_FAILED, {"provider": provider, "detail": words}), detail)


def unknown(answer: Answer, provider: str) -> Failed:
    """A poll that is answered with a refusal: the provider does not know the job."""
    return gave_up(provider, reason(answer), f"{answer.source}: status {answer.status}")


def one_line(words: str) -> str:
    """The words on one line of bounded length."""
    return printable_line(storable(words))[:_DETAIL]


def value_or_none(setting: str) -> str:
    """A setting's value; "" for `none`, since an empty variable means the default."""
    value = setting.strip()
    return "" if value.lower() == "none" else value
