"""What the engine's child does with a block: speech to words, voices to speakers. Runs in the child."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.audio.decoding.cutting import RATE
from bot.audio.decoding.cutting import Piece as Block
from bot.domain.transcript import Segment
from bot.providers.local.messages import (
    BlockDone,
    NameSpeakers,
    SelfTestPassed,
    SpeakersNamed,
    Transcribe,
    from_row,
    to_row,
)
from bot.providers.local.recognition.channels import without_crosstalk
from bot.providers.local.recognition.speech import Span, levelled
from bot.providers.local.recognition.transcribe import BlockWords, Transcriber, Wishes
from bot.providers.local.speakers import weights
from bot.providers.local.speakers.labels import label_segments
from bot.providers.local.speakers.regions import Region, RegionFinder, pack, unpack
from bot.providers.local.speakers.turns import speaker_turns

_WINDOWS = 1_000  # of the segmentation, more than a block has: numbers of windows are the recording's own


class Listener:
    """A loaded model and, where its weights are installed, the networks that tell speakers apart."""

    def __init__(self, model: str, threads: int, device: str, compute_type: str, cache: Path) -> None:
        self._transcriber = Transcriber(model, threads, device, compute_type)
        self.device = self._transcriber.device
        self._finder: RegionFinder | None = None
        self._no_speakers = ""
        try:
            self._finder = RegionFinder(weights.prepare(cache), threads)
        except weights.SpeakerWeightsError as error:
            self._no_speakers = str(error)

    def hear(self, block: Block, separate: bool, request: Transcribe, reached: Callable[[float], None]) -> BlockDone:
        """The words and voices of a block; `reached` is told the time of what is heard at the moment."""
        wishes = Wishes(request.language, request.before, tuple(request.vocabulary))
        if separate:
            return self._hear_channels(block, wishes, reached)
        samples = block.samples[0]
        regions = self._regions(block, request.speakers)
        heard = [Span(region.start - block.start, region.end - block.start) for region in regions]
        words = self._transcriber.transcribe_block(samples, block.start, wishes, reached, heard)
        return _done(block, [words], words.segments, False, pack(regions) if request.speakers else b"")

    def name_speakers(self, request: NameSpeakers) -> SpeakersNamed:
        """All segments with their speakers."""
        turns = speaker_turns(unpack(request.blob), request.count)
        labelled = label_segments([from_row(row) for row in request.rows], turns)
        return SpeakersNamed([to_row(segment) for _, segment in labelled], [index for index, _ in labelled])

    def self_test(self) -> SelfTestPassed:
        """Hear half a second of nothing. Raises what the engine raises."""
        self._transcriber.self_test()
        return SelfTestPassed(self.device, self._no_speakers)

    def _hear_channels(self, block: Block, wishes: Wishes, reached: Callable[[float], None]) -> BlockDone:
        """Each channel of a call by itself; what leaks from one into the other is silenced before."""
        found: list[BlockWords] = []
        segments: list[Segment] = []
        for number, channel in enumerate(without_crosstalk(block.samples), 1):
            done = (number - 1) * block.samples.shape[1] / RATE / 2

            def half(at: float, done: float = done) -> None:
                reached(block.start + done + (at - block.start) / 2)

            words = self._transcriber.transcribe_block(np.ascontiguousarray(channel), block.start, wishes, half)
            found.append(words)
            segments += [replace(segment, speaker=f"Channel {number}") for segment in words.segments]
        segments.sort(key=lambda segment: segment.start or 0.0)
        return _done(block, found, segments, True, b"")

    def _regions(self, block: Block, embed: bool) -> list[Region]:
        if self._finder is None:
            return []
        samples = levelled(block.samples[0])
        return self._finder.find(samples, block.start, block.number * _WINDOWS, embed)


def _done(block: Block, found: list[BlockWords], segments: list[Segment], separate: bool, voices: bytes) -> BlockDone:
    known = [words for words in found if words.confidence is not None]
    seconds = sum(words.seconds for words in known)
    confidence = sum((words.confidence or 0.0) * words.seconds for words in known) / seconds if seconds else None
    language = next((segment.language for segment in reversed(segments) if segment.language), None)
    rows = [to_row(segment) for segment in segments]
    return BlockDone(block.number, rows, language, confidence, seconds, separate, voices)
