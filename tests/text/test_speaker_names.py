"""Names given to speakers stand where the labels stood, and nowhere else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.transcript import Segment, Transcript
from bot.text.exports.formats import Format, export
from bot.text.speaker_names import named

TALK = Transcript(
    (Segment("I am Speaker 1.", 0.0, 1.0, "Speaker 1"), Segment("Hi.", 1.0, 2.0, "Speaker 2")),
    title="Speaker 1 and Speaker 10",
    summary="Speaker 1's mother calls Speaker 2; the DOCTOR is no doctor.",
    highlights=("Speaker 2 said so.",),
)


def test_a_label_is_replaced_only_where_it_stands_alone() -> None:
    shown = named(replace(TALK, speaker_names={"Speaker 1": "Ani", "Speaker 2": "Ben", "DOCTOR": "Dr. Lee"}))
    assert shown.title == "Ani and Speaker 10"
    assert shown.summary == "Ani's mother calls Ben; the Dr. Lee is no doctor."
    assert shown.highlights == ("Ben said so.",)
    assert shown.segments == TALK.segments


def test_two_names_that_are_each_others_labels_are_swapped_once() -> None:
    shown = named(replace(TALK, speaker_names={"Speaker 1": "Speaker 2", "Speaker 2": "Speaker 1"}))
    assert shown.summary == "Speaker 2's mother calls Speaker 1; the DOCTOR is no doctor."


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Անի", "Անին և Անիի եղբայրը"), ("Արամ", "Արամը և Արամի եղբայրը"), ("Ana", "Ana-ը և Ana-ի եղբայրը")],
)
def test_armenian_endings_follow_the_name(name: str, expected: str) -> None:
    talk = Transcript((Segment("Այո։", speaker="Խոսնակ 1"),), summary="Խոսնակ 1-ը և Խոսնակ 1-ի եղբայրը")
    assert named(replace(talk, speaker_names={"Խոսնակ 1": name})).summary == expected


def test_every_export_has_the_names_and_json_the_labels_too() -> None:
    shown = named(replace(TALK, speaker_names={"Speaker 1": "Ani"}))
    for wanted in (Format.TXT, Format.VTT, Format.SRT, Format.JSON):
        assert "Ani" in export(shown, wanted).decode(), wanted
    assert '"label": "Speaker 1"' in export(shown, Format.JSON).decode()


@given(st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=12), max_size=4))
def test_any_names_for_any_labels_leave_what_was_said_alone(names: dict[str, str]) -> None:
    shown = named(replace(TALK, speaker_names=names))
    assert shown.segments == TALK.segments
    assert shown.speaker_names == names
