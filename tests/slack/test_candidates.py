"""Which files are meant as audio."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job import FileFacts
from bot.slack.candidates import Meant, is_meant_as_audio


@pytest.mark.parametrize(
    ("facts", "meant"),
    [
        (FileFacts("audio_message.m4a", "audio/mp4", "m4a", subtype="slack_audio"), Meant.YES),
        (FileFacts("audio_message", "", "", subtype="slack_audio"), Meant.YES),
        (FileFacts("clip", "video/mp4", "mp4", subtype="slack_video"), Meant.YES),
        (FileFacts("a.bin", "audio/ogg; codecs=opus"), Meant.YES),
        (FileFacts("CALL.MP3", "application/octet-stream", "binary"), Meant.YES),
        (FileFacts("call.mp3", "text/plain"), Meant.YES),
        (FileFacts("x", "", "wav"), Meant.YES),
        (FileFacts("film.mov", "video/quicktime", "mov"), Meant.YES),
        (FileFacts("x.ogg", "application/ogg"), Meant.YES),
        (FileFacts("recording", "application/octet-stream", "binary"), Meant.MAYBE),
        (FileFacts(), Meant.MAYBE),
        (FileFacts("data.bin", "", ""), Meant.MAYBE),
        (FileFacts("list.m3u", "audio/x-mpegurl", "m3u"), Meant.NO),
        (FileFacts("song.mid", "audio/midi", "mid"), Meant.NO),
        (FileFacts("app.ts", "video/mp2t", "typescript"), Meant.NO),
        (FileFacts("report.pdf", "application/pdf", "pdf"), Meant.NO),
        (FileFacts("picture.png", "image/png", "png"), Meant.NO),
        (FileFacts("archive.zip", "application/octet-stream", "zip"), Meant.NO),
        (FileFacts("setup.exe", "application/octet-stream", "binary"), Meant.NO),
        (FileFacts("notes.txt", "text/plain", "text"), Meant.NO),
    ],
)
def test_the_decision(facts: FileFacts, meant: Meant) -> None:
    assert is_meant_as_audio(facts) is meant


@given(st.text(), st.text(), st.text())
def test_any_name_and_type_gets_a_decision(name: str, mimetype: str, filetype: str) -> None:
    assert is_meant_as_audio(FileFacts(name, mimetype, filetype)) in Meant
