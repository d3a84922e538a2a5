"""One block through the model: which words were said when, in which language, and where none could be made out.

Runs in the child. Speech is found first and heard clip by clip, each in its own language; words have times always.
What certainly is speech and has no words afterwards is heard once more with the language open; what stays without
words becomes an unclear segment, so that nothing is missing without a mark.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel

from bot.audio.decoding.cutting import RATE
from bot.domain.transcript import Segment, Word
from bot.providers import whisper_guards
from bot.providers.local.recognition.clips import Clip, clips_of
from bot.providers.local.recognition.language_choice import Guess, Heard, choose_languages
from bot.providers.local.recognition.speech import Floats, Span, find_speech, joined, uncovered

BEAM = 5
_PAUSE = 1.5  # seconds without a word that end a segment
_WORD_EDGE = 0.7  # seconds by which the model's word times may be wrong
_HEARD_AGAIN = 1.5  # seconds of speech without words that are worth another try
_MARKED = 2.5  # seconds of speech without words that are marked as unclear
_MARKS_JOINED = 3.0  # seconds between two marks that become one
_LONGEST_WORD = 4.0  # seconds; a longer one was stretched over a pause


class SpokenWord(Protocol):
    """What is used of a faster-whisper word; times in seconds of its clip, the text with its leading space."""

    word: str
    start: float
    end: float


class Spoken(Protocol):
    """What is used of a faster-whisper segment."""

    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    words: "Iterable[SpokenWord] | None"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a recording is to be heard. `language` None: detected; `before`: that of the block before, if detected."""

    language: str | None = None
    before: str | None = None
    vocabulary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockWords:
    """The segments of a block, times from the start of the recording.

    `language` is that of its last words, None if there are none. `confidence` (0..1) and `seconds` of speech tell how
    sure the language of the whole is: None where it was given.
    """

    segments: list[Segment] = field(default_factory=list)
    language: str | None = None
    confidence: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Token:
    """A word with its leading space, times in seconds of the block."""

    text: str
    start: float
    end: float
    language: str


class _Whisper(WhisperModel):  # type: ignore[misc]  # faster-whisper ships no types
    """Remembers the last window: the language is detected from what is transcribed next, half of the work."""

    _seen: "np.ndarray | None" = None
    _output: object = None

    def encode(self, features: "np.ndarray") -> object:
        if self._seen is None or not np.array_equal(features, self._seen):
            self._output = super().encode(features)
            self._seen = features
        return self._output


class Transcriber:
    """A loaded model. `model` is a directory or a hub name; `threads` those of one call.

    `device` is auto, cpu or cuda. `compute_type` is CTranslate2's, "" for int8 on a processor and float16 on a card.
    """

    def __init__(self, model: str, threads: int, device: str = "cpu", compute_type: str = "") -> None:
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        kind = compute_type or ("int8" if device == "cpu" else "float16")
        # Where the model doubts, it tries again with words drawn by chance: the same chance in each process. A thread
        # reads the seed when it first draws, so it is set before there are threads.
        ctranslate2.set_random_seed(1)
        self._model = _Whisper(model, device=device, compute_type=kind, cpu_threads=threads)
        self._multilingual = bool(self._model.model.is_multilingual)
        self.device = str(self._model.model.device)
        """What the model runs on: cpu or cuda."""

    def self_test(self) -> None:
        """Hear half a second of nothing, with the whole model. Raises what the engine raises."""
        segments, _ = self._model.transcribe(np.zeros(RATE // 2, np.float32), language="en", beam_size=1)
        list(segments)

    def transcribe_block(
        self,
        samples: Floats,
        offset: float,
        wishes: Wishes,
        reached: Callable[[float], None],
        heard: Sequence[Span] = (),
    ) -> BlockWords:
        """Transcribe mono samples at 16 kHz that begin at `offset` seconds; `reached` is told the time of each clip.

        `heard`: spans of the block in which another detection found speech.
        """
        speech = find_speech(samples, heard)
        if not speech.possible:
            return BlockWords()
        parts = self._in_languages(clips_of(samples, speech.possible), wishes)
        tokens: list[_Token] = []
        for part in parts:
            reached(offset + part.clip.spans[0].start)
            tokens += self._tokens(part.clip, part.language, wishes.vocabulary)
        tokens += self._heard_again(samples, uncovered(speech.certain, _covers(tokens)), wishes)
        tokens.sort(key=lambda token: token.start)
        holes = [hole for hole in uncovered(speech.certain, _covers(tokens)) if hole.seconds >= _MARKED]
        holes = joined(holes, _MARKS_JOINED, 0.0, len(samples) / RATE)
        segments = [_segment(group, offset) for group in _groups(tokens)]
        segments += [_unclear(hole, offset) for hole in holes]
        segments.sort(key=lambda segment: segment.start or 0.0)
        seconds = sum(part.clip.seconds for part in parts)
        confidence = sum(part.confidence * part.clip.seconds for part in parts) / seconds
        known = wishes.language is not None or not self._multilingual
        return BlockWords(
            segments, tokens[-1].language if tokens else None, None if known else round(confidence, 3), seconds
        )

    def _in_languages(self, clips: Sequence[Clip], wishes: Wishes) -> list[Heard]:
        if not self._multilingual:
            return [Heard(clip, "en", 1.0) for clip in clips]
        if wishes.language is not None:
            return [Heard(clip, wishes.language, 1.0) for clip in clips]
        return choose_languages(clips, self._guess, wishes.before)

    def _guess(self, clip: Clip) -> Guess:
        """The probability of each language that is spoken in a clip."""
        _, _, chances = self._model.detect_language(audio=clip.samples)
        return dict(chances)

    def _heard_again(self, samples: Floats, holes: Iterable[Span], wishes: Wishes) -> list[_Token]:
        """Words of speech that was passed over, each stretch by itself and in whatever language it is."""
        found: list[_Token] = []
        for hole in holes:
            if hole.seconds < _HEARD_AGAIN:
                continue
            for clip in clips_of(samples, joined([hole], 0.0, 0.2, len(samples) / RATE)):
                language = wishes.language or wishes.before or "en"
                if self._multilingual:
                    top = max((chances := self._guess(clip)), key=lambda code: chances[code])
                    language = top if wishes.language is None or chances[top] >= 0.8 else wishes.language
                inside = self._tokens(clip, language, wishes.vocabulary)
                found += [
                    t for t in inside if hole.start - _WORD_EDGE <= (t.start + t.end) / 2 <= hole.end + _WORD_EDGE
                ]
        return found

    def _tokens(self, clip: Clip, language: str, vocabulary: Sequence[str]) -> list[_Token]:
        segments, _ = self._model.transcribe(
            clip.samples,
            language=language,
            beam_size=BEAM,
            condition_on_previous_text=False,
            word_timestamps=True,
            hotwords=", ".join(vocabulary) or None,
        )
        spoken: Iterable[Spoken] = segments
        return [
            _token(word, clip, language)
            for segment in spoken
            if segment.text.strip() and not is_made_up(segment) and not is_echo(segment, vocabulary)
            for word in segment.words or ()
            if word.word.strip()
        ]


def is_made_up(segment: Spoken) -> bool:
    """Whether the model invented this segment out of silence, noise or music."""
    return whisper_guards.is_made_up(segment.avg_logprob, segment.no_speech_prob, segment.compression_ratio)


def is_echo(segment: Spoken, vocabulary: Sequence[str]) -> bool:
    """Whether the model, unsure, only repeats the vocabulary that it was given."""
    return whisper_guards.is_echo(segment.text, segment.avg_logprob, vocabulary)


def _token(word: SpokenWord, clip: Clip, language: str) -> _Token:
    start = clip.time(word.start)
    return _Token(word.word, start, min(max(start, clip.time(word.end)), start + _LONGEST_WORD), language)


def _covers(tokens: Iterable[_Token]) -> list[Span]:
    return [Span(token.start - _WORD_EDGE, token.end + _WORD_EDGE) for token in tokens]


def _groups(tokens: Sequence[_Token]) -> list[list[_Token]]:
    """Tokens of one segment each: up to the end of a sentence, a pause, or another language."""
    groups: list[list[_Token]] = []
    for token in tokens:
        last = groups[-1][-1] if groups else None
        if (
            last is None
            or token.start - last.end > _PAUSE
            or token.language != last.language
            or (last.text.rstrip().endswith(_SENTENCE_ENDS) and groups[-1][-1].end - groups[-1][0].start >= _SENTENCE)
        ):
            groups.append([])
        groups[-1].append(token)
    return groups


_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！", "։", "۔", "؟", "।")
_SENTENCE = 2.0  # seconds; shorter sentences share a segment


def _segment(tokens: Sequence[_Token], offset: float) -> Segment:
    words = tuple(
        Word(token.text.strip(), round(offset + token.start, 3), round(offset + token.end, 3)) for token in tokens
    )
    text = "".join(token.text for token in tokens).strip()
    end = max(word.end for word in words)
    return Segment(text, words[0].start, end, words=words, language=tokens[0].language)


def _unclear(hole: Span, offset: float) -> Segment:
    return Segment("", round(offset + hole.start, 3), round(offset + hole.end, 3), unclear=True)
