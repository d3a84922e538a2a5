"""What the simulated OpenAI-compatible servers answer, in every dialect."""

import pytest

from simulators.openai.dialects import DialectName
from simulators.provider.results import mark_of
from tests.simulators.provider.openai.serving import NAMES, SECOND, Fields, file_for, serving
from tests.simulators.provider.openai_peers import encoded, tones

WORDS: Fields = {"response_format": "verbose_json", "timestamp_granularities[]": ["segment", "word"]}


@pytest.mark.parametrize("dialect", NAMES)
async def test_a_recording_is_answered_with_its_words_and_billed_once(dialect: DialectName) -> None:
    content, name = file_for(dialect, 2.0)
    async with serving(dialect) as client:
        answer = await client.send(content, name)
        assert answer.status_code == 200
        sha256 = client.server.billed[0].sha256
        assert mark_of(sha256) in answer.json()["text"]
        assert client.server.violations == []
        seconds = 10.0 if dialect == "groq" else 2.0
        assert [entry.seconds for entry in client.server.billed] == [pytest.approx(seconds, abs=0.1)]


@pytest.mark.parametrize(
    ("dialect", "language", "duration"),
    [
        ("openai", "armenian", 2.0),
        ("azure", "armenian", 2.0),
        ("groq", "Armenian", 2.0),
        ("vllm", "hy", "2.0"),
        ("speaches", "hy", 2.0),
        ("whisper.cpp", "armenian", 2.0),
        ("generic", "hy", 2.0),
    ],
)
async def test_verbose_json_has_the_dialects_language_and_duration(
    dialect: DialectName, language: str, duration: float | str
) -> None:
    content, name = file_for(dialect, 2.0)
    fields: Fields = {"response_format": "verbose_json"}
    if dialect == "whisper.cpp":
        fields["language"] = "auto"
    async with serving(dialect, language="hy") as client:
        found = (await client.send(content, name, fields)).json()
        assert (found["language"], found["duration"]) == (language, duration)
        assert found["segments"][0]["text"].startswith(" Բարև")
        assert found["segments"][-1]["end"] == pytest.approx(2.0, abs=0.1)
        assert client.server.violations == []


async def test_words_come_only_when_asked_and_segments_unless_only_words_are() -> None:
    async with serving() as client:
        neither = (await client.send(SECOND, fields={"response_format": "verbose_json"})).json()
        both = (await client.send(SECOND, fields=WORDS)).json()
        only: Fields = {"response_format": "verbose_json", "timestamp_granularities[]": "word"}
        words = (await client.send(SECOND, fields=only)).json()
        assert "words" not in neither
        assert [len(both["segments"]) > 0, len(both["words"]) > 0] == [True, True]
        assert "segments" not in words


@pytest.mark.parametrize("form", ["text", "srt", "vtt"])
async def test_the_plain_formats_are_text(form: str) -> None:
    async with serving() as client:
        answer = await client.send(SECOND, fields={"response_format": form})
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert "Good morning" in answer.text
        assert ("-->" in answer.text) == (form != "text")


async def test_tones_are_heard_where_they_are_and_one_pitch_is_one_speaker() -> None:
    sounds = [(440, 0.5, 1.5), (700, 2.0, 3.0), (440, 4.0, 4.5)]
    content = encoded(tones(5.0, sounds))
    async with serving(model="gpt-4o-transcribe-diarize", hears="tones") as client:
        found = (await client.send(content, fields={"response_format": "diarized_json"})).json()
        heard = [(one["text"].strip(), one["speaker"]) for one in found["segments"]]
        assert heard == [("tone 440", "A"), ("tone 700", "B"), ("tone 440", "A")]
        for segment, (_, start, end) in zip(found["segments"], sounds, strict=True):
            assert (segment["start"], segment["end"]) == (pytest.approx(start, abs=0.05), pytest.approx(end, abs=0.05))


async def test_silence_has_no_tones() -> None:
    async with serving(hears="tones") as client:
        found = (await client.send(encoded(tones(2.0)), fields={"response_format": "verbose_json"})).json()
        assert (found["text"], found["segments"]) == ("", [])


async def test_the_words_of_a_content_can_be_set() -> None:
    async with serving() as client:
        await client.send(SECOND)
        result = {"segments": [{"text": "Quite other words", "start": 0.1, "end": 0.9}]}
        body = {"sha256": client.server.billed[0].sha256, "result": result}
        await client.http.post(f"{client.server.url}/control/results", json=body)
        assert (await client.send(SECOND)).json()["text"] == "Quite other words"
