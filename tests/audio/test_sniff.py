"""What first bytes give away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audio.formats import canonical_mime, file_name
from bot.audio.sniff import family, is_html, is_locked, unreadable_format
from tests.support.audio.recordings import SAMPLES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("jfk.wav", "wav"),
        ("sense_passage.mp3", "mp3"),
        ("sense_0870.m4a", "mp4"),
        ("sense_0880.flac", "flac"),
        ("sense_0890.ogg", "ogg"),
        ("sense_0920.webm", "matroska"),
        ("jfk_video.mp4", "mp4"),
    ],
)
def test_samples_are_of_their_family(name: str, expected: str) -> None:
    head = (SAMPLES / name).read_bytes()[:4096]
    assert family(head) == expected
    assert not is_html(head)
    assert not is_locked(head)


def test_mpeg_frames_are_told_from_adts() -> None:
    assert family(b"\xff\xfb\x90\x64") == "" or family(b"\xff\xfb\x90\x64\x00") == "mp3"
    assert family(b"\xff\xf1\x50\x80\x00") == "aac"


@given(st.binary(max_size=400))
def test_no_bytes_upset_the_sniffer(data: bytes) -> None:
    family(data)
    is_html(data)
    is_locked(data)
    unreadable_format(data)


@given(st.text(max_size=60))
def test_a_payloads_name_is_one_plain_name_with_the_right_extension(original: str) -> None:
    name = file_name(original, "audio/mpeg")
    assert name.lower().endswith(".mp3")
    assert "/" not in name


def test_an_unusual_codec_has_a_type_that_no_provider_lists() -> None:
    assert canonical_mime("wav", "pcm_s16le", False) == "audio/wav"
    assert canonical_mime("wav", "adpcm_ms", False) == "audio/wav;codecs=adpcm_ms"
    assert canonical_mime("mov,mp4,m4a,3gp,3g2,mj2", "amr_nb", False) == "audio/mp4;codecs=amr_nb"
    assert canonical_mime("mov,mp4,m4a,3gp,3g2,mj2", "aac", True, "qt  ") == "video/quicktime"
