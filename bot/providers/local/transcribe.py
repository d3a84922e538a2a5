"""One block through the model, and what is dropped of the answer because nobody said it. Runs in the child."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from faster_whisper import WhisperModel
from faster_whisper.vad import get_speech_timestamps

from bot.providers.local.blocks import RATE, Block
from bot.providers.local.messages import Said

BEAM = 5
# The model's own marks of a segment that it made up, out of music or noise that voice detection let through:
# OpenAI's thresholds for silence and for going round in circles, which count where it also guesses badly.
_NO_SPEECH = 0.6
_REPETITIVE = 2.4
_DOUBTED_LOGPROB = -0.7
_LOGPROB = -1.2


class Spoken(Protocol):
    """What is used of a faster-whisper segment."""

    text: str
    start: float
    end: float
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    words: "Iterable[SpokenWord] | None"


class SpokenWord(Protocol):
    """What is used of a faster-whisper word."""

    word: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class BlockWords:
    """The segments of a block, times from the start of the recording; language None if nothing was said."""

    segments: list[Said]
    language: str | None


class Transcriber:
    """A loaded model. `model` is a directory or a hub name; `threads` those of one call."""

    def __init__(self, model: str, threads: int) -> None:
        self._model = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=threads)

    def transcribe_block(
        self, block: Block, language: str | None, word_times: bool, reached: Callable[[float], None]
    ) -> BlockWords:
        """Transcribe a block; `reached` is told the time of each segment."""
        if language is None and not get_speech_timestamps(block.samples):
            return BlockWords([], None)  # the model would guess a language out of silence, at the price of a window
        segments, info = self._model.transcribe(
            block.samples,
            language=language,
            beam_size=BEAM,
            vad_filter=True,
            condition_on_previous_text=False,
            word_timestamps=word_times,
        )
        if not info.duration_after_vad:
            return BlockWords([], language)
        said: list[Said] = []
        spoken: Iterable[Spoken] = segments
        longest = len(block.samples) / RATE
        for segment in spoken:
            reached(block.start + min(segment.end, longest))
            if segment.text.strip() and not is_made_up(segment):
                said.append(_said(segment, block.start, longest))
        return BlockWords(said, info.language if said else language)


def is_made_up(segment: Spoken) -> bool:
    """Whether the model invented this segment out of silence, noise or music."""
    doubted = segment.no_speech_prob > _NO_SPEECH or segment.compression_ratio > _REPETITIVE
    # Repetition alone proves nothing: people repeat themselves, and then the model is sure of its words.
    return segment.avg_logprob < _LOGPROB or (doubted and segment.avg_logprob < _DOUBTED_LOGPROB)


def _said(segment: Spoken, offset: float, longest: float) -> Said:
    words: list[list[object]] = [
        [word.word.strip(), round(offset + word.start, 3), round(offset + word.end, 3)] for word in segment.words or ()
    ]
    end = max(segment.start, min(segment.end, longest))
    return [segment.text.strip(), round(offset + segment.start, 3), round(offset + end, 3), words]
