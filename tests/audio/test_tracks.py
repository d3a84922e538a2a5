"""The choice among sound tracks, over every order of a few of them."""

from itertools import product

import pytest

from bot.audio.decoding.tracks import Track, choose

MKV, MP4 = "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2"


def tracks(sound: tuple[bool, ...], default: tuple[bool, ...], languages: tuple[str, ...] = ()) -> list[Track]:
    tags = languages or ("",) * len(sound)
    return [
        Track(i + 1, mark, tag, heard) for i, (heard, mark, tag) in enumerate(zip(sound, default, tags, strict=True))
    ]


EVERY_ORDER = [
    (sound, default)
    for count in (1, 2, 3)
    for sound in product((True, False), repeat=count)
    for default in product((True, False), repeat=count)
]


@pytest.mark.parametrize("container", [MKV, MP4])
@pytest.mark.parametrize(("sound", "default"), EVERY_ORDER)
def test_whatever_the_order_a_track_with_sound_is_taken_before_a_silent_one(
    sound: tuple[bool, ...], default: tuple[bool, ...], container: str
) -> None:
    found = tracks(sound, default)
    chosen = choose(found, container)
    assert chosen
    assert chosen == sorted(set(chosen))
    assert {track.index for track in found if track.has_sound} >= set(chosen) or not any(sound)
    explicit = [track for track in found if track.default]
    inferred = container == MP4 and explicit == found[:1]
    if len(explicit) == 1 and explicit[0].has_sound and not inferred:
        assert chosen == [explicit[0].index]
    elif any(sound):
        assert chosen == [track.index for track in found if track.has_sound]


def test_the_first_track_of_an_mp4_is_enabled_by_every_writer_and_no_reason_to_drop_the_microphone() -> None:
    assert choose(tracks((True, True), (True, False)), MP4) == [1, 2]
    assert choose(tracks((True, True), (True, False)), MKV) == [1]
    assert choose(tracks((True, True), (False, True)), MP4) == [2]


def test_translations_are_not_mixed() -> None:
    assert choose(tracks((True, True), (False, False), ("eng", "spa")), MKV) == [1]
    assert choose(tracks((False, True, True), (True, False, False), ("eng", "spa", "fra")), MKV) == [2]
    assert choose(tracks((True, True), (False, False), ("eng", "und")), MKV) == [1, 2]


def test_in_a_silent_file_the_default_track_is_taken() -> None:
    assert choose(tracks((False, False), (False, True)), MKV) == [2]
    assert choose(tracks((False, False), (False, False)), MKV) == [1]
