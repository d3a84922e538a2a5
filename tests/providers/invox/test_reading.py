"""How Invox Medical's answers are read."""

import json

import pytest

from bot.domain.transcript import Segment, Transcript
from bot.providers.invox.results import read_status, read_transcript, with_speakers


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ({"transcriptionStatus": "", "processingStatus": "COMPLETED", "status": "PENDING"}, "COMPLETED"),
        ({"status": "success"}, "COMPLETED"),
        ({"status": "Failed"}, "ERROR"),
        ({"transcription": [{"text": "a"}]}, "COMPLETED"),
        ({"transcription": []}, "PENDING"),
        ({"status": 5}, "PENDING"),
        ({}, "PENDING"),
        ({"status": "IN_REVIEW", "transcription": [{"text": "a"}]}, "IN_REVIEW"),
    ],
)
def test_a_status_is_found_under_any_name(found: dict[str, object], status: str) -> None:
    assert read_status(found) == status


def test_odd_items_are_read_as_far_as_they_go() -> None:
    items = [
        {"text": " b ", "start": "2.5", "speaker": 1},
        {"text": "a", "start": 1, "end": True},
        7,
        {"text": None},
        {},
    ]
    found = read_transcript(json.loads(json.dumps({"transcription": items})))
    assert found.segments == (Segment("a", 1.0, None), Segment("b", 2.5, None, "Speaker 1"))


def test_speakers_go_to_the_segments_that_cover_the_same_time_and_to_no_other() -> None:
    told = Transcript((Segment("x", 0, 4, "A"), Segment("y", 4, 9, "B"), Segment("z", 20, 30, "A")))
    fetched = Transcript((Segment("x y", 0, 3), Segment("y", 3.5, 8), Segment("new", 10, 19), Segment("z", 21, 29)))
    assert [segment.speaker for segment in with_speakers(fetched, told).segments] == ["A", "B", None, "A"]
    timeless = Transcript((Segment("x"), Segment("other")))
    told = Transcript((Segment("x", speaker="A"), Segment("y", speaker="B")))
    assert [segment.speaker for segment in with_speakers(timeless, told).segments] == ["A", None]
    own = Transcript((Segment("x", 0, 4, "own"),))
    assert with_speakers(own, told) is own
