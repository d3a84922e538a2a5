"""Exports: every word in every format, files that strict readers accept, and no invented times."""

import io
import json
import re
from pathlib import Path

import docx
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.transcript import Segment, Transcript, Word
from bot.text.exports.cues import LINE, Cue, cues, width
from bot.text.exports.formats import MIME, Format, NoTimes, available, export, file_name
from bot.text.paragraphs import paragraphs
from tests.text.subtitle_parsers import Shown, read_srt, read_vtt

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "export-schema.json").read_text(encoding="utf-8"))

ANNA = "My line has been dead for three days <since> Monday & nobody calls back. Can you fix it?"
CALL = Transcript(
    (
        Segment("Good morning, how can I help you?", 0.5, 2.4, "Speaker 1"),
        Segment(
            "My line has been dead for three days <since> Monday & nobody calls back. Can you fix it?",
            2.9,
            9.8,
            "Speaker 2",
        ),
        Segment("Yes.", 9.9, 10.2, "Speaker 1"),
        Segment("Wait.", 10.3, 10.6, "Speaker 1"),
    ),
    language="en",
    seconds=11.0,
    title="My line has been dead",
    provider="xosum",
    speaker_names={"Speaker 2": "Anna <b>"},
)
PLAIN = Transcript((Segment("First line.\nSecond line."), Segment("Third.", speaker="DOCTOR")), summary="Short.")


def flat(text: str) -> str:
    return "".join(text.split())


def letters(shown: list[Shown] | list[Cue]) -> str:
    return flat("".join("".join(cue.lines) for cue in shown))


def docx_text(data: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs)


def test_a_call_becomes_webvtt_with_voices_and_escapes() -> None:
    assert export(CALL, Format.VTT).decode() == (
        "WEBVTT\n\n"
        "1\n00:00:00.500 --> 00:00:02.400\n<v Speaker 1>Good morning, how can I help you?\n\n"
        "2\n00:00:02.900 --> 00:00:08.633\n<v Anna &lt;b&gt;>My line has been dead for three days\n"
        "&lt;since&gt; Monday &amp; nobody calls back.\n\n"
        "3\n00:00:08.633 --> 00:00:09.800\n<v Anna &lt;b&gt;>Can you fix it?\n\n"
        "4\n00:00:09.900 --> 00:00:10.900\n<v Speaker 1>Yes. Wait.\n"
    )


def test_a_call_becomes_srt_with_names_where_the_speaker_changes() -> None:
    shown = read_srt(export(CALL, Format.SRT))
    assert [" ".join(cue.lines) for cue in shown] == [
        "Speaker 1: Good morning, how can I help you?",
        "Anna <b>: My line has been dead for three days <since> Monday & nobody calls back.",
        "Can you fix it?",
        "Speaker 1: Yes. Wait.",
    ]


def test_subtitles_can_leave_the_speakers_out() -> None:
    assert all(cue.voice is None for cue in read_vtt(export(CALL, Format.VTT, speakers=False)))
    assert letters(read_srt(export(CALL, Format.SRT, speakers=False))) == flat(CALL.text)


def test_word_times_are_used_where_they_are_there() -> None:
    said = [Word(" One", 1.0, 1.4), Word(" two.", 1.5, 2.0), Word(" Three", 6.0, 6.5), Word(" four.", 6.6, 7.2)]
    transcript = Transcript((Segment("One two. Three four.", 0.0, 8.0, words=tuple(said)),))
    shown = cues(transcript)
    assert [(cue.start, cue.lines) for cue in shown] == [(1000, ("One two.",)), (6000, ("Three four.",))]


def test_words_that_are_not_the_text_are_not_trusted_for_times() -> None:
    transcript = Transcript((Segment("Uno dos.", 1.0, 3.0, words=(Word("one", 7.0, 8.0),)),))
    assert cues(transcript) == [Cue(1000, 3000, ("Uno dos.",))]


@pytest.mark.parametrize("wanted", [Format.SRT, Format.VTT])
def test_subtitles_without_times_are_refused_in_a_sentence(wanted: Format) -> None:
    with pytest.raises(NoTimes, match="no times"):
        export(PLAIN, wanted)
    partly = Transcript((Segment("With.", 0.0, 1.0), Segment("Without.")))
    with pytest.raises(NoTimes):
        export(partly, wanted)
    assert available(PLAIN) == (Format.TXT, Format.DOCX, Format.JSON)
    assert available(CALL) == tuple(Format)


def test_text_and_word_have_title_summary_speakers_and_stamps() -> None:
    text = export(CALL, Format.TXT).decode()
    assert text.startswith("My line has been dead\n=====")
    assert "11 s · English · Speaker 1, Anna <b>" in text
    assert "[00:02] Anna <b>: My line has been dead for three days" in text
    document = docx.Document(io.BytesIO(export(CALL, Format.DOCX)))
    assert document.core_properties.title == "My line has been dead"
    styles = {run.style.name for paragraph in document.paragraphs for run in paragraph.runs}
    assert {"Speaker", "Timestamp"} <= styles
    bare = export(CALL, Format.TXT, speakers=False, timestamps=False).decode()
    assert "Anna <b>: " not in bare
    assert "[00" not in bare


def test_a_transcript_without_times_keeps_its_lines_and_gets_no_stamps() -> None:
    text = export(PLAIN, Format.TXT, title="Visit").decode()
    assert text == (
        "Visit\n=====\n\nDOCTOR\n\nSummary\n-------\nShort.\n\nTranscript\n----------\n\n"
        "First line.\n\nSecond line.\n\nDOCTOR: Third.\n"
    )
    assert "[00" not in docx_text(export(PLAIN, Format.DOCX))


def test_silence_is_said_and_gives_no_cues() -> None:
    empty = Transcript(())
    assert b"No speech" in export(empty, Format.TXT)
    assert "No speech" in docx_text(export(empty, Format.DOCX))
    assert export(empty, Format.SRT) == b""
    assert export(empty, Format.VTT) == b"WEBVTT\n"
    assert set(MIME) == set(Format)


def test_long_speech_makes_paragraphs_of_a_readable_length() -> None:
    spoken = Transcript(
        tuple(Segment("This is a sentence of some length.", i * 3.0, i * 3.0 + 2.9) for i in range(100))
    )
    blocks = list(paragraphs(spoken))
    assert all(len(block.text) < 700 for block in blocks)
    assert len(blocks) > 4


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Billing database: moves / tomorrow?", "Billing-database-moves-tomorrow.srt"),
        ("Ինտերնետ կապը", "Ինտերնետ-կապը.srt"),
        ("../../etc/passwd", "etc-passwd.srt"),
        ("CON", "transcript-CON.srt"),
        ("nul.txt", "transcript-nul.txt.srt"),
        ("  ", "transcript.srt"),
        ("a\u202egpj.exe", "a-gpj.exe.srt"),
    ],
)
def test_a_file_name_is_safe_and_says_what_it_is(title: str, name: str) -> None:
    assert file_name(title, Format.SRT) == name


@given(st.text())
def test_any_title_makes_a_file_name_that_file_systems_take(title: str) -> None:
    name = file_name(title, Format.DOCX)
    assert re.fullmatch(r"[^/\\:*?\"<>|\x00-\x1f\x7f]+\.docx", name)
    assert len(name.encode()) <= 140
    assert name[0] not in ".- "
    assert file_name(name.removesuffix(".docx"), Format.DOCX) == name


KINDS = """the old cluster. billing database, export Saturday and of we move! Իսկ կապը։ ինտերնետ աշխատում El año
今日はデータの移行について話します。 ประเทศไทย 3.5 Mr. don't — «so» 😀😀 مرحبا؟ --> <b>x</b> & &amp; WEBVTT 1
Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"""
WORDS = st.lists(st.sampled_from(KINDS.split()), min_size=1, max_size=60).map(" ".join)
SPEAKER = st.sampled_from([None, "A", "B", "A rather long-winded name of a speaker of the house", "<i>", " "])
TEXT = WORDS | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TIMED = st.builds(
    lambda text, gap, length, speaker: (text, gap, length, speaker),
    TEXT,
    st.floats(-2, 8),
    st.floats(0, 40),
    SPEAKER,
)


def in_time(parts: list[tuple[str, float, float, str | None]]) -> Transcript:
    at, segments = 0.0, []
    for text, gap, length, speaker in parts:
        start = max(0.0, at + gap)
        at = start + length + 0.01
        segments.append(Segment(text, start, at, speaker))
    return Transcript(tuple(sorted(segments, key=lambda s: s.start or 0.0)))


@settings(deadline=None)
@given(st.lists(TIMED, max_size=8).map(in_time))
def test_cues_hold_every_letter_within_every_limit(transcript: Transcript) -> None:
    vtt = read_vtt(export(transcript, Format.VTT))
    srt = read_srt(export(transcript, Format.SRT))
    words = flat(transcript.text).replace("\0", "\ufffd")
    assert letters(vtt) == words
    nameless = read_srt(export(transcript, Format.SRT, speakers=False))
    assert letters(nameless) == words.replace("-->", "→")
    for shown in (vtt, srt):
        before = 0
        for cue in shown:
            assert 1 <= len(cue.lines) <= 2
            assert all(width(line) <= LINE for line in cue.lines)
            assert 1000 <= cue.end - cue.start <= 7000
            assert cue.start >= before
            before = cue.end


@settings(deadline=None)
@given(st.lists(st.builds(Segment, TEXT, speaker=SPEAKER), max_size=6), st.none() | TEXT, st.lists(TEXT, max_size=3))
def test_text_word_and_json_hold_every_letter(
    segments: list[Segment], summary: str | None, highlights: list[str]
) -> None:
    transcript = Transcript(tuple(segments), summary=summary, highlights=tuple(highlights))
    words = flat(transcript.text)
    written = export(transcript, Format.TXT, speakers=False).decode()
    assert flat(written).endswith(words) or transcript.is_empty
    document = json.loads(export(transcript, Format.JSON))
    jsonschema.validate(document, SCHEMA)
    assert [segment["text"] for segment in document["segments"]] == [segment.text for segment in segments]
    printable = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", words)
    assert transcript.is_empty or flat(docx_text(export(transcript, Format.DOCX, speakers=False))).endswith(
        flat(printable)
    )


def test_an_hour_without_a_full_stop_is_cut_too() -> None:
    transcript = Transcript((Segment("we talked about the new cluster and the old one " * 1000, 0.0, 3600.0),))
    shown = cues(transcript)
    assert letters(shown) == flat(transcript.text)
    assert shown[-1].end <= 3_601_000
