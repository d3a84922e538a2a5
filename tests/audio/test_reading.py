"""Mono samples of any file: all channels, the right tracks, and never more than is allowed."""

import struct
from itertools import product
from pathlib import Path

import av
import lameenc
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.audio.convert import transcode
from bot.audio.decoding.mixdown import Samples
from bot.audio.decoding.reading import AudioReader, UnusableAudio
from bot.audio.formats import MP3
from bot.audio.inspection import look
from bot.audio.messages import Facts, Probe, Transcode, Transcoded
from bot.domain.errors import ProblemCode
from tests.support.audio.generated import Part, float_wav, tracks, wav
from tests.support.audio.recordings import SAMPLES, noise, record, tone

FIELD = Path(__file__).parent / "field"
RATE = 16_000


def read(path: Path, rate: int | None = RATE, longest: float | None = None) -> Samples:
    with AudioReader(path, rate, longest) as reader:
        return np.concatenate(list(reader.pieces()))


def level(samples: NDArray[np.floating]) -> float:
    """RMS in dBFS."""
    return float(10 * np.log10(np.mean(np.square(samples.astype(np.float64))) + 1e-12))


def share(samples: NDArray[np.floating], hertz: float) -> float:
    """The share of the power that lies within 5 Hz of a tone."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    return float(power[np.abs(np.fft.rfftfreq(len(samples), 1 / RATE) - hertz) < 5].sum() / power.sum())


def spatial(data: bytes, count: int) -> bytes:
    """An MP4 whose first AAC tracks claim to be Apple's spatial sound, for which there is no decoder."""
    return data.replace(b"mp4a", b"apac", count).replace(b"esds", b"free", count)


@pytest.mark.parametrize("channels", range(1, 65))
def test_every_number_of_channels_is_read_and_each_of_them_is_heard(tmp_path: Path, channels: int) -> None:
    sound = np.zeros((channels, 2 * RATE), np.int16)
    sound[0], sound[-1] = tone(2), tone(2, hertz=1000) if channels > 1 else tone(2)
    heard = read(wav(tmp_path / "a.wav", sound))
    assert len(heard) == pytest.approx(2 * RATE, abs=2)
    assert share(heard, 440) > 0.4
    assert share(heard, 1000) > 0.4 or channels == 1
    assert level(heard) > -18  # the tones are of -15 dBFS


def test_the_samples_of_the_field_are_as_loud_and_as_long_as_what_was_said() -> None:
    for name, seconds, loud in (
        ("opposite_phase.flac", 6.0, -16),
        ("microphone_second.mkv", 11.0, -17),
        ("nine_channels.wav", 1.11, -14),
        ("dictation.dss", 7.35, -11),
        ("recorder.voc", 3.0, -15),
        ("quiet_start.aac", 14.0, -27),
        ("film_index_at_64k.mp4", 11.0, -17),
    ):
        heard = read(FIELD / name)
        assert len(heard) / RATE == pytest.approx(seconds, abs=0.1), name
        assert level(heard) == pytest.approx(loud, abs=1), name


@pytest.mark.parametrize(("extension", "codec"), [("mkv", "pcm_s16le"), ("mov", "pcm_s16le"), ("mp4", "aac")])
@pytest.mark.parametrize(("first", "second", "marked"), list(product([False, True], [False, True], [None, 0, 1])))
def test_the_track_that_people_recorded_is_heard_in_every_order(
    tmp_path: Path, extension: str, codec: str, first: bool, second: bool, marked: int | None
) -> None:
    silence = np.zeros(2 * RATE, np.int16)
    parts = [
        Part(tone(2) if first else silence, marked == 0),
        Part(tone(2, hertz=1000) if second else silence, marked == 1),
    ]
    heard = read(tracks(tmp_path / f"a.{extension}", parts, codec))
    assert len(heard) == pytest.approx(2 * RATE, abs=RATE // 10)
    # A film's first track is enabled by every writer of MP4; elsewhere a lone mark is somebody's choice.
    only = {0: extension == "mkv" and marked == 0, 1: marked == 1}
    expect_first, expect_second = first and not (only[1] and second), second and not (only[0] and first)
    assert (share(heard, 440) > 0.3) is expect_first if expect_first or expect_second else level(heard) < -80
    assert (share(heard, 1000) > 0.3) is expect_second if expect_first or expect_second else True


@pytest.mark.parametrize("late", [3, 9, 12, 40])
def test_a_microphone_that_begins_later_is_heard_in_its_place(tmp_path: Path, late: int) -> None:
    parts = [Part(tone(late + 3)), Part(tone(2, hertz=1000), late=late)]
    heard = read(tracks(tmp_path / "a.mkv", parts))
    assert len(heard) == pytest.approx((late + 3) * RATE, abs=RATE // 10)
    assert share(heard[: int((late - 0.1) * RATE)], 1000) < 0.01
    assert share(heard[int((late + 0.2) * RATE) : int((late + 1.8) * RATE)], 1000) > 0.3


def test_a_track_that_ends_early_does_not_end_the_others(tmp_path: Path) -> None:
    heard = read(tracks(tmp_path / "a.mkv", [Part(tone(1)), Part(tone(40, hertz=1000))]))
    assert len(heard) == pytest.approx(40 * RATE, abs=RATE // 10)
    assert share(heard[35 * RATE :], 1000) > 0.9


def test_a_first_track_that_nothing_decodes_is_passed_over(tmp_path: Path) -> None:
    path = tracks(tmp_path / "a.mp4", [Part(tone(2)), Part(tone(2, hertz=1000))], "aac")
    path.write_bytes(spatial(path.read_bytes(), 1))
    assert share(read(path), 1000) > 0.9
    data = path.read_bytes()
    facts = look(Probe(len(data), [[0, len(data)]], data, last=True))
    assert isinstance(facts, Facts)
    assert (facts.codec, facts.mime) == ("aac", "audio/mp4;tracks=2")


def test_a_file_whose_tracks_nothing_decodes_is_refused_for_that(tmp_path: Path) -> None:
    path = tracks(tmp_path / "a.mp4", [Part(tone(1))], "aac")
    path.write_bytes(spatial(path.read_bytes(), 1))
    with pytest.raises(UnusableAudio) as caught:
        AudioReader(path)
    assert caught.value.code is ProblemCode.NOT_CONVERTIBLE


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("field/opposite_phase.flac", "audio/flac;phase=opposite"),
        ("field/microphone_second.mkv", "audio/webm;tracks=2"),
        ("field/nine_channels.wav", "audio/wav"),
    ],
)
def test_what_a_provider_would_hear_differently_has_a_type_that_none_lists(name: str, mime: str) -> None:
    data = (FIELD.parent / name).read_bytes()
    facts = look(Probe(len(data), [[0, len(data)]], data, last=True))
    assert isinstance(facts, Facts)
    assert facts.mime == mime


def test_recordings_of_different_rates_that_were_joined_are_read_whole(tmp_path: Path) -> None:
    mono = record(tmp_path / "a.aac", tone(3), "aac", "adts").read_bytes()
    faster = record(tmp_path / "b.aac", tone(3, 44_100), "aac", "adts", 44_100).read_bytes()
    joined = tmp_path / "c.aac"
    joined.write_bytes(mono + faster + mono)
    assert len(read(joined)) / RATE == pytest.approx(9, abs=0.3)


def test_a_transport_stream_with_one_false_track_number_is_read_to_its_end(tmp_path: Path) -> None:
    whole = record(tmp_path / "a.ts", tone(8), "aac", "mpegts").read_bytes()
    begins = [at for at in range(0, len(whole), 188) if whole[at + 1 : at + 3] == b"\x41\x00"]  # of the sound, 0x100
    for at in begins[len(begins) // 2 :: 10]:
        damaged = tmp_path / "b.ts"
        damaged.write_bytes(whole[: at + 2] + b"\x01" + whole[at + 3 :])
        assert len(read(damaged)) / RATE == pytest.approx(8, abs=1)
        data = damaged.read_bytes()
        assert isinstance(look(Probe(len(data), [[0, len(data)]], data, last=True)), Facts)


def mp3(*channels: NDArray[np.int16]) -> bytes:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(len(channels))
    encoder.set_in_sample_rate(RATE)
    return bytes(encoder.encode(np.stack(channels, 1).tobytes()) + encoder.flush())


def test_a_stereo_recording_that_goes_on_in_mono_or_breaks_off_keeps_all_that_is_heard(tmp_path: Path) -> None:
    left, right = tone(4, hertz=440), tone(4, hertz=1000)
    joined = tmp_path / "a.mp3"
    stereo = mp3(left, right)
    joined.write_bytes(stereo + mp3(tone(4, hertz=700)) + stereo[: len(stereo) // 2])
    with AudioReader(joined, RATE) as reader:
        assert reader.is_stereo
        heard = np.concatenate(list(reader.stereo()), axis=1)
    assert heard.shape[1] / RATE == pytest.approx(10, abs=0.5)
    first, then = heard[:, RATE : 3 * RATE], heard[:, 5 * RATE : 7 * RATE]
    assert share(first[0], 440) > 0.9
    assert share(first[1], 1000) > 0.9
    assert share(then[0], 700) > 0.9
    assert level(then[1]) < -60


def test_only_one_track_of_two_channels_is_stereo(tmp_path: Path) -> None:
    two = tracks(tmp_path / "a.mka", [Part(tone(2)), Part(tone(2))])
    for path in (wav(tmp_path / "b.wav", tone(2)[None]), wav(tmp_path / "c.wav", np.stack([tone(2)] * 3)), two):
        with AudioReader(path, RATE) as reader:
            assert not reader.is_stereo


@pytest.mark.parametrize("places", [0, 0b11, 0b101, 0b110, 0b1100, 0b110000, 0b11000000000])
def test_two_channels_meant_for_any_two_loudspeakers_stay_apart(tmp_path: Path, places: int) -> None:
    sound = np.stack([tone(2), tone(2, hertz=1000)]).astype(np.float32) / 32768
    with AudioReader(float_wav(tmp_path / "a.wav", sound, places=places), RATE) as reader:
        assert reader.is_stereo
        first, second = np.concatenate(list(reader.stereo()), axis=1)
    assert share(first, 440) > 0.99
    assert share(second, 1000) > 0.99


@pytest.mark.parametrize("damage", [np.nan, np.inf, -1e30, 1e6])
def test_a_damaged_sample_of_a_float_file_takes_nothing_else_away(tmp_path: Path, damage: float) -> None:
    sound = np.stack([tone(2), tone(2, hertz=1000)]).astype(np.float32) / 32768
    sound[:, RATE] = damage
    path = float_wav(tmp_path / "a.wav", sound)
    with AudioReader(path, RATE) as reader:
        apart = np.concatenate(list(reader.stereo()), axis=1)
    for heard in (read(path), *apart):
        assert np.abs(heard).max() < 0.6
        assert level(heard) == pytest.approx(-16, abs=2)


def test_a_length_below_zero_is_none(tmp_path: Path) -> None:
    path = tracks(tmp_path / "a.mka", [Part(tone(2))])
    whole = path.read_bytes()
    at = whole.index(b"\x44\x89\x88") + 3  # Matroska's Duration, of eight bytes
    path.write_bytes(whole[:at] + struct.pack(">d", -5000.0) + whole[at + 8 :])
    with AudioReader(path, RATE) as reader:
        assert reader.announced is None
        assert sum(len(piece) for piece in reader.pieces()) == 2 * RATE


@pytest.mark.parametrize("decibels", range(0, -61, -5))
def test_soft_speech_is_as_loud_in_the_mp3_as_it_was(tmp_path: Path, decibels: int) -> None:
    speech = read(SAMPLES / "jfk.wav")
    soft = speech / np.abs(speech).max() * 10 ** (decibels / 20)
    dither = np.random.default_rng(1).uniform(-0.5, 0.5, len(soft))
    source = wav(tmp_path / "a.wav", np.round(soft * 32767 + dither).clip(-32768, 32767).astype(np.int16)[None])
    order = Transcode(str(source), str(tmp_path / "a.mp3"), MP3.name, 11.0, 60.0)
    assert isinstance(transcode(order, lambda share: None), Transcoded)
    assert level(read(tmp_path / "a.mp3")) == pytest.approx(level(soft), abs=1.5)


def test_it_stops_at_the_length_that_is_allowed_and_says_so(tmp_path: Path) -> None:
    path = record(tmp_path / "a.flac", noise(30), "flac")
    with AudioReader(path, RATE, longest=10) as reader:
        assert sum(len(piece) for piece in reader.pieces()) / RATE == pytest.approx(10.5, abs=0.5)
        assert reader.overlong
    with AudioReader(wav(tmp_path / "b.wav", np.stack([noise(30)] * 2)), RATE, longest=10) as reader:
        assert sum(piece.shape[1] for piece in reader.stereo()) / RATE == pytest.approx(10.5, abs=0.5)
        assert reader.overlong
    with AudioReader(path, RATE, longest=30.1) as reader:
        assert sum(len(piece) for piece in reader.pieces()) == 30 * RATE
        assert not reader.overlong


@pytest.mark.parametrize(
    ("name", "code"), [("one_hertz.flac", ProblemCode.CORRUPT), ("session_called.mp3", ProblemCode.CORRUPT)]
)
def test_what_is_no_recording_is_refused(name: str, code: ProblemCode) -> None:
    with pytest.raises(UnusableAudio) as caught:
        AudioReader(FIELD / name)
    assert caught.value.code is code


def samples_of_kinds(folder: Path) -> list[bytes]:
    stereo = np.stack([tone(1), -tone(1)])
    return [
        wav(folder / "a.wav", stereo).read_bytes(),
        (FIELD / "opposite_phase.flac").read_bytes()[:20_000],
        tracks(folder / "a.mp4", [Part(tone(1)), Part(noise(1))], "aac").read_bytes(),
        tracks(folder / "a.mkv", [Part(tone(1)), Part(noise(1), late=0.3)]).read_bytes(),
        (FIELD / "nine_channels.wav").read_bytes()[:20_000],
        (FIELD / "lecture.rm").read_bytes(),
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.integers(0, 5),
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    early=st.booleans(),
)
def test_damaged_files_are_read_as_far_as_they_go_or_refused(
    tmp_path: Path, kind: int, edits: list[tuple[float, bytes]], early: bool
) -> None:
    data = bytearray(samples_of_kinds(tmp_path)[kind])
    for share_of_it, patch in edits:
        at = int(share_of_it * min(len(data), 600 if early else len(data)))
        data[at : at + len(patch)] = patch
    path = tmp_path / "damaged"
    path.write_bytes(data)
    try:
        with AudioReader(path, RATE, longest=20) as reader:
            for piece in reader.pieces():
                assert np.isfinite(piece).all()
            assert reader.seconds < 22
    except (UnusableAudio, av.FFmpegError):
        pass
