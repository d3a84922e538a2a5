"""Reads a recording as mono samples: the one way of the local engine and of the conversion. Runs in a child.

Nothing that the file claims is believed: only formats that carry sound are opened, rates and numbers of channels
have bounds, and the reader stops at the length that its caller allows.
"""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard, Disposition

from bot.audio.decoding.mixdown import BLOCK_SECONDS, Mixdown, Samples, without_damage
from bot.audio.decoding.tracks import Track, choose
from bot.audio.formats import DEMUXERS
from bot.domain.errors import ProblemCode

LOWEST_RATE = 1_000  # Hz; below, one frame of a FLAC file becomes gigabytes of samples
HIGHEST_RATE = 384_000  # Hz; above it no recorder goes
MOST_CHANNELS = 64  # as many as libswresample takes
_WIDE = 24_000
_NARROW = 16_000
_SURVEYED = 600.0  # seconds at the start of each track in which sound is looked for
_SOUND = 5e-4  # amplitude (-66 dBFS): above the noise of a muted input
_LEAD = 10.0  # seconds by which one track may be ahead of another before that counts as silent
_LATEST_START = 600.0  # seconds; a track that claims to begin later is taken from the beginning


class UnusableAudio(Exception):
    """There is nothing in this file that can be transcribed, for the reason `code`."""

    def __init__(self, code: ProblemCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def open_media(file: str | io.RawIOBase | BinaryIO) -> InputContainer:
    """Open with the formats that carry sound and no others: no playlists, session descriptions or text.

    Raises `av.FFmpegError` or `UnicodeDecodeError` for what is none of them.
    """
    options = {"format_whitelist": ",".join(sorted(DEMUXERS)), "protocol_whitelist": "file"}
    return av.open(file, mode="r", metadata_errors="replace", options=options)


def decodable(container: InputContainer) -> list[AudioStream]:
    """The sound tracks that FFmpeg has a decoder for, and whose rate and channels are believable."""
    return [stream for stream in container.streams.audio if _has_decoder(stream) and _is_sane(stream)]


def target_rate(source_rate: int) -> int:
    """Sample rate in Hz that an audio track of `source_rate` is converted to."""
    return _WIDE if source_rate >= _WIDE else _NARROW


def is_sane(rate: int, channels: int) -> bool:
    """Whether a recording can have this sample rate in Hz and this number of channels."""
    return LOWEST_RATE <= rate <= HIGHEST_RATE and 1 <= channels <= MOST_CHANNELS


def why_unusable(container: InputContainer) -> tuple[ProblemCode, str]:
    """The reason why a file without `decodable` tracks has none, and words for the operator."""
    name = container.format.name
    if not container.streams.audio:
        return ProblemCode.NO_AUDIO_TRACK if container.streams.video else ProblemCode.NOT_AUDIO, name
    if not any(_has_decoder(stream) for stream in container.streams.audio):
        return ProblemCode.NOT_CONVERTIBLE, f"{name}: no decoder"
    return ProblemCode.CORRUPT, f"{name}: a rate or number of channels that no recording has"


class AudioReader:
    """The sound of a file. Use it as a context.

    `rate` is that of the samples (by default one that fits the source); `longest` the seconds after which it stops.
    Raises `UnusableAudio` if there is no track to read.
    """

    def __init__(self, path: Path, rate: int | None = None, longest: float | None = None) -> None:
        self.skipped = 0
        """Packets and frames that did not decode."""
        self.position = 0
        """Bytes of the source behind the last packet."""
        self.seconds = 0.0
        """Seconds of samples that were read so far."""
        self.overlong = False
        """Whether it stopped at `longest`, with more to come."""
        self._longest = longest
        self._tracks = 0
        self._container = _opened(path)
        try:
            self._streams = self._chosen(path)
        except BaseException:  # raised again: nobody else can close what the caller has not got
            self._container.close()
            raise
        self.rate = rate or target_rate(max(stream.codec_context.sample_rate for stream in self._streams))
        for other in self._container.streams:
            if other not in self._streams:
                other.discard = Discard.all  # a film's pictures are not even read

    @property
    def announced(self) -> float | None:
        """The length in seconds that the file claims, or that FFmpeg guesses."""
        known = [float(s.duration * s.time_base) for s in self._streams if s.duration and s.time_base]
        seconds = max(known, default=0.0) or (self._container.duration or 0) / 1_000_000
        return seconds if seconds > 0 else None

    @property
    def is_stereo(self) -> bool:
        """Whether there is one track alone, of two channels."""
        return len(self._streams) == self._tracks == 1 and self._streams[0].codec_context.layout.nb_channels == 2

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def stereo(self) -> Iterator[Samples]:
        """[2, samples] at `rate`, in small pieces, of a file that `is_stereo`; instead of `pieces`.

        Where such a file goes on in mono, the second channel is silent: what is said is not there twice.
        """
        yield from self._limited(self._apart())

    def pieces(self) -> Iterator[Samples]:
        """Mono samples at `rate`, in pieces of about half a second, to the end or to where the file breaks off."""
        yield from self._limited(self._mixed())

    def _limited(self, pieces: Iterator[Samples]) -> Iterator[Samples]:
        for piece in pieces:
            self.seconds += piece.shape[-1] / self.rate
            yield piece
            if self._longest is not None and self.seconds > self._longest:
                self.overlong = True
                return

    def _apart(self) -> Iterator[Samples]:
        resampler: av.AudioResampler | None = None
        kind: tuple[str, str, int] | None = None
        for _, frame in self._frames():
            if kind is None and (late := self._start(frame)):
                yield np.zeros((2, int(late * self.rate)), np.float32)
            changed = kind != (kind := (frame.format.name, frame.layout.name, frame.sample_rate))
            if changed and resampler is not None:
                yield from _pairs(resampler, None)
            if changed or resampler is None:
                resampler = _resampler(frame, self.rate)
            frame.pts = None
            yield from _pairs(resampler, frame)
        if resampler is not None:
            yield from _pairs(resampler, None)

    def _chosen(self, path: Path) -> list[AudioStream]:
        streams = decodable(self._container)
        self._tracks = len(streams)
        if not streams:
            raise UnusableAudio(*why_unusable(self._container))
        if len(streams) == 1:
            return streams
        wanted = choose(_survey(path), self._container.format.name)
        return [stream for stream in streams if stream.index in wanted]

    def _mixed(self) -> Iterator[Samples]:
        tracks = {stream.index: TrackReader(self.rate) for stream in self._streams}
        block = int(BLOCK_SECONDS * self.rate)
        mixdown = Mixdown(len(tracks), self.rate)
        for index, frame in self._frames():
            tracks[index].add(frame, self._start(frame))
            while tracks[index].length >= block and self._is_due(tracks, block):
                yield mixdown.mix(np.stack([track.take(block) for track in tracks.values()]))
        for track in tracks.values():
            track.finish()
        while left := max(track.length for track in tracks.values()):
            yield mixdown.mix(np.stack([track.take(min(block, left)) for track in tracks.values()]))

    def _is_due(self, tracks: "dict[int, TrackReader]", block: int) -> bool:
        waiting = [track.length for track in tracks.values()]
        return min(waiting) >= block or max(waiting) >= block + _LEAD * self.rate

    def _start(self, frame: av.AudioFrame) -> float:
        """Seconds from the start of the file, for a first frame."""
        late = (frame.time or 0.0) - (self._container.start_time or 0) / 1_000_000
        return late if 0 < late < _LATEST_START else 0.0

    def _frames(self) -> Iterator[tuple[int, av.AudioFrame]]:
        for packet in packets(self._container, self._streams):
            if packet.pos is not None and packet.pos > 0:
                self.position = packet.pos + packet.size
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.skipped += 1
                continue
            for frame in frames:
                if is_sane(frame.sample_rate, frame.layout.nb_channels):
                    yield packet.stream.index, frame
                else:
                    self.skipped += 1


class TrackReader:
    """One track on its way to mono samples of `rate`: they are added as frames and taken in blocks."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._block = int(BLOCK_SECONDS * rate)
        self._kind: tuple[str, str, int] | None = None
        self._channels = 0
        self._resampler: av.AudioResampler | None = None
        self._mixdown = Mixdown(1, rate)
        self._unmixed: list[Samples] = []  # (samples, channels)
        self._held = 0  # samples in them, less than a block
        self._ready: list[Samples] = []
        self._missing = 0  # samples of silence that were taken because there were no others
        self.length = 0
        """Samples that can be taken."""

    @property
    def is_opposite(self) -> bool:
        """Whether a channel is upside down at present: an ordinary downmix would cancel it."""
        return self._mixdown.is_turned

    def add(self, frame: av.AudioFrame, start: float = 0.0) -> None:
        """Add a frame; `start` counts for the first one: this many seconds of silence come before it, or did."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._kind is None:
            self._put(np.zeros(max(0, int(start * self._rate) - self._missing), np.float32))
        if self._resampler is None or kind != self._kind:
            # Joined recordings change their rate or channels on the way.
            self.finish()
            self._resampler = _resampler(frame, self._rate)
            self._kind = kind
            if frame.layout.nb_channels != self._channels:
                self._channels = frame.layout.nb_channels
                self._mixdown = Mixdown(self._channels, self._rate)
        # Broken files have times that jump; samples simply follow each other.
        frame.pts = None
        self._resample(self._resampler, frame)

    def take(self, count: int) -> Samples:
        """The next `count` samples; silence where there are no more."""
        taken: list[Samples] = []
        missing = count
        while missing and self._ready:
            piece = self._ready.pop(0)
            if len(piece) > missing:
                self._ready.insert(0, piece[missing:])
                piece = piece[:missing]
            taken.append(piece)
            missing -= len(piece)
        self.length -= count - missing
        self._missing += missing
        return np.concatenate([*taken, np.zeros(missing, np.float32)])

    def finish(self) -> None:
        """No more frames of this kind come: what is held back can be taken."""
        if self._resampler is not None:
            self._resample(self._resampler, None)
            self._mix()
        self._resampler = None

    def _resample(self, resampler: av.AudioResampler, frame: av.AudioFrame | None) -> None:
        for samples in _resampled(resampler, frame):
            self._unmixed.append(samples)
            self._held += len(samples)
        if self._held >= self._block:
            self._mix()

    def _mix(self) -> None:
        if self._unmixed:
            self._put(self._mixdown.mix(np.concatenate(self._unmixed).T))
            self._unmixed, self._held = [], 0

    def _put(self, samples: Samples) -> None:
        if len(samples):
            self._ready.append(samples)
            self.length += len(samples)


def _resampler(like: av.AudioFrame, rate: int) -> av.AudioResampler:
    """To floats at `rate`, each channel by itself: FFmpeg cannot mix every layout into stereo or mono.

    Interleaved, because PyAV reads no more than eight planes.
    """
    return av.AudioResampler("flt", like.layout, rate)


def _resampled(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> Iterator[Samples]:
    """[samples, channels] of what comes out of a `_resampler`; None: what it holds back."""
    for made in resampler.resample(frame):
        channels = made.layout.nb_channels
        yield np.frombuffer(memoryview(made.planes[0]), np.float32, made.samples * channels).reshape(-1, channels)


def _pairs(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> Iterator[Samples]:
    """[2, samples] of what comes out of a `_resampler`; one channel is the first of the two."""
    for samples in _resampled(resampler, frame):
        two = without_damage(samples.T[:2])
        yield two if len(two) == 2 else np.concatenate([two, np.zeros_like(two)])


def _opened(path: Path) -> InputContainer:
    try:
        return open_media(str(path))
    except (FileNotFoundError, PermissionError):
        raise  # FFmpeg's too: they say nothing about what is in the file
    except (av.FFmpegError, UnicodeDecodeError) as error:
        raise UnusableAudio(ProblemCode.CORRUPT, type(error).__name__) from error


def packets(container: InputContainer, streams: list[AudioStream]) -> "Iterator[av.Packet[AudioStream]]":
    """The packets of some tracks, to the end or to where the file breaks off: what was read until there counts.

    Where a damaged MPEG-TS seems to have a further track in mid-file, PyAV 18 ends with an `IndexError`.
    """
    with suppress(av.FFmpegError, EOFError, IndexError):
        # PyAV's stub keeps the kind of one stream, but not of several.
        yield from cast("Iterator[av.Packet[AudioStream]]", container.demux(*streams))


def _survey(path: Path) -> list[Track]:
    """What is known of each track after its first minutes, or as soon as all of them have sound."""
    with open_media(str(path)) as container:
        streams = decodable(container)
        for other in container.streams:
            if other not in streams:
                other.discard = Discard.all
        heard: set[int] = set()
        read = {stream.index: 0.0 for stream in streams}
        for packet in packets(container, streams):
            index = packet.stream.index
            if index in heard or read[index] > _SURVEYED:
                if all(i in heard or seconds > _SURVEYED for i, seconds in read.items()):
                    break
                continue
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                if is_sane(frame.sample_rate, frame.layout.nb_channels):
                    read[index] += frame.samples / frame.sample_rate
                    if _loudest(frame) > _SOUND:
                        heard.add(index)
        return [
            Track(
                stream.index,
                bool(stream.disposition & Disposition.default),
                stream.metadata.get("language", ""),
                stream.index in heard,
            )
            for stream in streams
        ]


def _loudest(frame: av.AudioFrame) -> float:
    frame.pts = None
    resampler = _resampler(frame, frame.sample_rate)
    made = [*_resampled(resampler, frame), *_resampled(resampler, None)]
    return max((float(np.nanmax(np.abs(part), initial=0.0)) for part in made), default=0.0)


def _has_decoder(stream: AudioStream) -> bool:
    return stream.codec_context is not None  # PyAV's stub knows no missing decoder


def _is_sane(stream: AudioStream) -> bool:
    context = stream.codec_context
    # A header may leave both open, as 0: then each frame is checked.
    return is_sane(context.sample_rate or LOWEST_RATE, context.layout.nb_channels or 1)
