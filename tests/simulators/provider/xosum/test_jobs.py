"""A job of the Xosum simulator: its statuses, its transcript, and how long it takes."""

import pytest

from simulators.provider.results import mark_of
from simulators.xosum import XosumSimulator
from tests.simulators.provider.peers import MovableClock, silent_mp3
from tests.simulators.provider.xosum.client import Client


async def test_a_job_goes_through_the_documented_statuses_as_time_passes(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    made = (await client.create(metadata={"job": "7"})).json()
    doc = made["docId"]
    first = (await client.read(doc)).json()
    assert first["status"] == "uploading"
    assert first["metadata"] == {"job": "7"}
    assert first["createdAt"].endswith("Z")
    assert (await client.put(made["uploadUrl"])).status_code == 200
    seen = []
    for _ in range(4):
        seen.append((await client.read(doc)).json()["status"])
        clock.advance(3)
    assert seen == ["processing", "processing", "converting", "transcribed"]
    done = (await client.read(doc)).json()
    assert done["languageCode"] == "hy-AM"
    assert done["duration"] == pytest.approx(2, abs=0.1)
    assert done["title"]
    assert done["resolution"]
    assert "Խոսնակ" not in done["transcription"]
    assert xosum.violations == []


async def test_a_phone_call_has_both_armenian_labels_and_the_files_own_mark(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    content = silent_mp3(2, "mine")
    doc = await client.uploaded(content, type="phone_call")
    clock.advance(10)
    text = (await client.read(doc)).json()["transcription"]
    assert "Խոսնակ 1: " in text
    assert "Խոսնակ 2: " in text
    assert mark_of(xosum.billed[0].sha256) in text


async def test_the_transcript_of_a_content_can_be_set(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    doc = await client.uploaded()
    result = {"segments": [{"text": "Բարև"}], "title": None, "summary": None, "language": "hy-AM"}
    sha256 = xosum.billed[0].sha256
    await client.http.post(f"{xosum.url}/control/results", json={"sha256": sha256, "result": result})
    clock.advance(10)
    done = (await client.read(doc)).json()
    assert done["transcription"] == "Բարև"
    assert done["title"] is None
    assert done["resolution"] is None


@pytest.mark.parametrize(("language", "code"), [("en", "en-US"), ("ru", "ru-RU"), ("fr", "fr-FR")])
async def test_default_transcripts_exist_in_other_languages(
    xosum: XosumSimulator, client: Client, clock: MovableClock, language: str, code: str
) -> None:
    xosum.settings.language = language
    doc = await client.uploaded()
    clock.advance(10)
    assert (await client.read(doc)).json()["languageCode"] == code


async def test_processing_time_can_follow_the_length_of_the_audio(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    xosum.settings.job_seconds, xosum.settings.seconds_per_audio_second = 0.0, 0.5
    doc = await client.uploaded(silent_mp3(60))
    clock.advance(29)
    assert (await client.read(doc)).json()["status"] != "transcribed"
    clock.advance(2)
    assert (await client.read(doc)).json()["status"] == "transcribed"
