"""Which files are meant as audio."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audio_guess import AudioGuess, guess_audio
from bot.domain.job import FileFacts


@pytest.mark.parametrize(
    ("facts", "expected_audio"),
    [
        (FileFacts("audio_message.m4a", "audio/mp4", "m4a", subtype="slack_audio"), AudioGuess.YES),
        (FileFacts("audio_message", "", "", subtype="slack_audio"), AudioGuess.YES),
        (FileFacts("clip", "video/mp4", "mp4", subtype="slack_video"), AudioGuess.YES),
        (FileFacts("a.bin", "audio/ogg; codecs=opus"), AudioGuess.YES),
        (FileFacts("CALL.MP3", "application/octet-stream", "binary"), AudioGuess.YES),
        (FileFacts("call.mp3", "text/plain"), AudioGuess.YES),
        (FileFacts("x", "", "wav"), AudioGuess.YES),
        (FileFacts("film.mov", "video/quicktime", "mov"), AudioGuess.YES),
        (FileFacts("x.ogg", "application/ogg"), AudioGuess.YES),
        (FileFacts("recording", "application/octet-stream", "binary"), AudioGuess.MAYBE),
        (FileFacts(), AudioGuess.MAYBE),
        (FileFacts("data.bin", "", ""), AudioGuess.MAYBE),
        (FileFacts("Recording.3gpp", "application/octet-stream", "binary"), AudioGuess.YES),
        (FileFacts("New Recording 4.qta", "application/octet-stream", "binary"), AudioGuess.YES),
        (FileFacts("memo.awb", "", ""), AudioGuess.YES),
        (FileFacts("studio.bwf", "application/octet-stream", "binary"), AudioGuess.YES),
        (FileFacts("call 11.25", "application/octet-stream", "binary"), AudioGuess.MAYBE),
        (FileFacts("Visit of Dr. Who", "application/octet-stream", "binary"), AudioGuess.MAYBE),
        (FileFacts("REC.0001", "", ""), AudioGuess.MAYBE),
        (FileFacts("ledger.xlsx", "application/octet-stream", "binary"), AudioGuess.NO),
        (FileFacts("call 11.25", "application/pdf", "pdf"), AudioGuess.NO),
        (FileFacts("list.m3u", "audio/x-mpegurl", "m3u"), AudioGuess.NO),
        (FileFacts("song.mid", "audio/midi", "mid"), AudioGuess.NO),
        (FileFacts("app.ts", "video/mp2t", "typescript"), AudioGuess.NO),
        (FileFacts("report.pdf", "application/pdf", "pdf"), AudioGuess.NO),
        (FileFacts("picture.png", "image/png", "png"), AudioGuess.NO),
        (FileFacts("archive.zip", "application/octet-stream", "zip"), AudioGuess.NO),
        (FileFacts("setup.exe", "application/octet-stream", "binary"), AudioGuess.NO),
        (FileFacts("notes.txt", "text/plain", "text"), AudioGuess.NO),
    ],
)
def test_the_decision(facts: FileFacts, expected_audio: AudioGuess) -> None:
    assert guess_audio(facts) is expected_audio


@given(st.text(), st.text(), st.text())
def test_any_name_and_type_gets_a_decision(name: str, mimetype: str, filetype: str) -> None:
    assert guess_audio(FileFacts(name, mimetype, filetype)) in AudioGuess
