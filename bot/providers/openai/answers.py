"""What an answer means: what was recognised, or which failure it is. The body decides, not the status alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.errors import Ambiguous, Misconfigured, Problem, ProblemCode, RateLimited, Rejected, Transient
from bot.domain.transcript import Segment, Word
from bot.http import Answer, retry_after
from bot.providers.json_fields import Fields, mapping, number, objects, one_line, text
from bot.providers.whisper_guards import is_echo, is_made_up

RETRY_AFTER: Final = 20.0  # seconds, where a 429 does not say
_FORMAT_REFUSALS: Final = frozenset({400, 415, 422, 501})
_FORMAT_WORDS: Final = ("format", "verbose_json", "granularit", "compatible", "speaker")
_QUOTA: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_UNKNOWN_FATE: Final = frozenset({408, 425, 500, 504, 520, 522, 524})  # it may have worked, and billed, all the same


class NoResult(Ambiguous):
    """The server answered without a result, and may have worked (and billed) all the same; `words` are its own."""

    def __init__(self, words: str, detail: str) -> None:
        super().__init__(detail)
        self.words = words


class QuotaExhausted(Misconfigured):
    """The account has no money left: only its owner can change that, and no harmless call shows it."""


@dataclass(frozen=True, slots=True)
class Service:
    """The service that an error is about. `smaller` says how large a piece was, and how to make it smaller."""

    account: str
    title: str
    prefix: str  # of its settings, e.g. "OPENAI"
    smaller: str = ""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was said in a piece, with times from its start; `language` as the server writes it, "" if it does not."""

    segments: tuple[Segment, ...]
    language: str


def is_error(answer: Answer) -> bool:
    """Whether this is no result, whatever its status says."""
    found = answer.json_or_none()
    if not answer.ok or found is None:
        return True
    whole, listed = found.get("text"), found.get("segments")
    if not isinstance(whole, str | None) or not isinstance(listed, list | None):
        return True
    return "text" not in found and "segments" not in found


def may_be_format(answer: Answer) -> bool:
    """Whether a refusal may be about the format that was asked for, so that asking for plain `json` can help."""
    if _is_page(answer):
        return False
    return answer.status in _FORMAT_REFUSALS or (answer.ok and is_error(answer))


def names_format(answer: Answer) -> bool:
    """Whether the refusal's words are about the format that was asked for, or the known speakers."""
    words = words_of(answer).lower()
    return any(word in words for word in _FORMAT_WORDS)


def may_have_been_done(answer: Answer) -> bool:
    """Whether the server may have worked, and billed, although this is no result."""
    if answer.ok:
        found = answer.json_or_none()
        return not _is_page(answer) if found is None else "text" in found or "segments" in found
    return answer.status in _UNKNOWN_FATE


def words_of(answer: Answer) -> str:
    """The server's own words for an error on one line: OpenAI's object, FastAPI's `detail`, plain text."""
    if _is_page(answer):
        return f"a web page instead of an answer (status {answer.status})"
    found = answer.json_or_none()
    if found is None:
        return one_line(answer.body[:2000].decode("utf-8", "replace")) or f"status {answer.status}"
    for part in (found.get("error"), found.get("detail"), found):
        if isinstance(part, str) and part.strip():
            return one_line(part)
        if isinstance(part, list) and part:
            part = part[0]
        inner = mapping(part)
        nested = mapping(inner.get("error")) if inner else None
        if inner and (words := text(nested or inner, "message", "msg", "error", "messsage")):
            return one_line(words)
    return f"status {answer.status}"


def raise_error(answer: Answer, service: Service, now: float) -> None:
    """Raise what an error answer means for the job.

    `Misconfigured` parks the account, `RateLimited` waits, `Transient` was not done, `Ambiguous` may have been done
    and billed, `Rejected` will not change.
    """
    status, source, account = answer.status, answer.source, service.account
    words = words_of(answer)
    detail = f"{source}: status {status}"  # logged, so without words that may quote the speech
    if 300 <= status < 400:
        raise Misconfigured(account, f"{source}: redirected elsewhere: check {service.prefix}_BASE_URL")
    if status == 401:  # without its words: some quote the key
        raise Misconfigured(
            account, f"{source}: status 401: the key is missing or wrong: check {service.prefix}_API_KEY"
        )
    if status == 429:
        if _code_of(answer) in _QUOTA:
            raise QuotaExhausted(
                account, f"{detail}: {words}: {service.title} has no quota left: check the account's billing"
            )
        raise RateLimited(detail, retry_after(answer.headers, now, RETRY_AFTER))
    if status in (403, 404, 405):
        settings = f"{service.prefix}_BASE_URL, {service.prefix}_MODEL and {service.prefix}_API_KEY"
        raise Misconfigured(account, f"{detail}: {words}: check {settings}")
    if answer.ok and _is_page(answer):
        raise Misconfigured(account, f"{detail}: {words}: check {service.prefix}_BASE_URL")
    if may_have_been_done(answer):
        raise NoResult(words, detail)
    if status >= 500:
        raise Transient(detail)
    raise refused(words, service, detail)


def refused(words: str, service: Service, detail: str) -> Rejected:
    """The server's words, how large the piece was, and what makes pieces smaller."""
    said = one_line(f"{words.rstrip('.')}. {service.smaller}" if service.smaller else words)
    return Rejected(Problem(ProblemCode.PROVIDER_REFUSED, {"provider": service.title, "detail": said}), detail)


def read_result(found: Fields, seconds: float, vocabulary: Sequence[str] = ()) -> Recognised:
    """What was said in a piece of `seconds`. Any field may be missing; what nobody said is dropped."""
    whole = text(found, "text")
    language = text(found, "language")
    listed = objects(found, "segments")
    if not listed:
        words = _words(objects(found, "words") or (), seconds)
        if words:
            return Recognised(
                (Segment(whole or " ".join(w.text for w in words), words[0].start, words[-1].end, None, words),),
                language,
            )
        return Recognised((Segment(whole),) if whole else (), language)
    kept = [one for one in listed if not _is_made_up(one, vocabulary)]
    starts = [number(one, "start") for one in kept]
    segments = [
        _segment(one, start, starts[at + 1] if at + 1 < len(starts) else None, seconds)
        for at, (one, start) in enumerate(zip(kept, starts, strict=True))
    ]
    segments = [one for one in segments if one.text]
    if not segments and whole and len(kept) == len(listed):
        segments = [Segment(whole)]  # segments without words
    return Recognised(tuple(_with_words(segments, objects(found, "words") or (), seconds)), language)


def _segment(found: Fields, start: float | None, following: float | None, seconds: float) -> Segment:
    speaker = text(found, "speaker") or None
    if start is None:
        return Segment(text(found, "text"), speaker=speaker)
    end = number(found, "end")
    if end is None:
        end = following if following is not None else seconds
    start = min(max(0.0, start), seconds)
    words = _words(objects(found, "words") or (), seconds)
    return Segment(text(found, "text"), start, min(max(start, end), seconds), speaker, words)


def _words(found: Sequence[Fields], seconds: float) -> tuple[Word, ...]:
    words: list[Word] = []
    for one in found:
        start, end, said = number(one, "start"), number(one, "end"), text(one, "word", "text")
        if said and start is not None and end is not None:
            first = min(max(0.0, start), seconds)
            words.append(Word(said, first, min(max(first, end), seconds)))
    return tuple(words)


def _with_words(segments: Sequence[Segment], found: Sequence[Fields], seconds: float) -> Sequence[Segment]:
    """The segments with the words of the whole answer, each given to the segment in which it begins."""
    words = _words(found, seconds)
    if not words or any(one.start is None or one.end is None for one in segments):
        return segments
    bounds = [one.start or 0.0 for one in segments[1:]] + [float("inf")]
    given: list[list[Word]] = [[] for _ in segments]
    at = 0
    for word in words:
        while word.start >= bounds[at] - 1e-6:
            at += 1
        given[at].append(word)
    return [
        Segment(one.text, one.start, one.end, one.speaker, tuple(own) or one.words)
        for one, own in zip(segments, given, strict=True)
    ]


def _is_made_up(found: Fields, vocabulary: Sequence[str]) -> bool:
    logprob = number(found, "avg_logprob")
    if is_echo(text(found, "text"), logprob, vocabulary):
        return True
    return is_made_up(logprob, number(found, "no_speech_prob"), number(found, "compression_ratio"))


def _is_page(answer: Answer) -> bool:
    return answer.body[:200].lstrip()[:1] == b"<"


def _code_of(answer: Answer) -> str:
    found = answer.json_or_none() or {}
    inner = mapping(found.get("error")) or found
    return text(inner, "code") if text(inner, "code") in _QUOTA else text(inner, "type", "code")
