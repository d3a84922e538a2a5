"""A job of the Invox Medical simulator: its status, its transcript, its summary, and its bill."""

import json
from typing import Literal

import pytest

from simulators.invox import InvoxSimulator
from simulators.provider.results import cue_time, mark_of
from tests.simulators.provider.invox.client import Client
from tests.simulators.provider.peers import MovableClock, encoded, silent_mp3, wav

# the way it should go


def test_the_time_of_a_cue_is_rounded_to_milliseconds() -> None:
    assert cue_time(1.005) == "00:00:01.005"
    assert cue_time(3661.0506, ",") == "01:01:01,051"


async def test_a_job_is_pending_and_then_completed_with_segments_and_vtt(
    invox: InvoxSimulator, client: Client, clock: MovableClock
) -> None:
    request = await client.uploaded()
    assert (await client.read(request)).json()["processingStatus"] == "PENDING"
    clock.advance(9)
    answer = (await client.read(request)).json()
    assert answer["processingStatus"] == "COMPLETED"
    assert all(item.keys() == {"text", "start", "end"} for item in answer["transcription"])
    assert mark_of(invox.billed[0].sha256) in json.dumps(answer["transcription"])
    assert answer["vttTranscription"].startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert invox.violations == []


@pytest.mark.parametrize("field", ["processingStatus", "transcriptionStatus", "status"])
@pytest.mark.parametrize("speaker", [None, "speakerId", "speaker", "speakerName"])
async def test_status_and_speaker_can_have_each_of_their_names(
    invox: InvoxSimulator,
    client: Client,
    clock: MovableClock,
    field: Literal["processingStatus", "transcriptionStatus", "status"],
    speaker: Literal["speakerId", "speaker", "speakerName"] | None,
) -> None:
    invox.settings.status_field, invox.settings.poll_speaker = field, speaker
    invox.settings.vtt = False
    request = await client.uploaded()
    clock.advance(9)
    answer = (await client.read(request)).json()
    assert answer.keys() == {field, "transcription"}
    assert answer["transcription"][1].get(speaker or "nobody") == (None if speaker is None else "1")


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("audio/x-wav", wav(1)),
        ("audio/wav", wav(1)),
        ("audio/mp3", silent_mp3(1)),
        ("audio/m4a", encoded("ipod", "aac")),
        ("audio/flac", encoded("flac", "flac")),
        ("audio/ogg", encoded("ogg", "libopus")),
        ("audio/webm", encoded("webm", "libopus")),
    ],
)
async def test_each_listed_type_is_taken_and_measured(
    invox: InvoxSimulator, client: Client, mime: str, content: bytes
) -> None:
    await client.uploaded(content, mime)
    assert invox.violations == []
    assert invox.billed[0].seconds == pytest.approx(1.0, abs=0.1)


async def test_a_summary_is_text_or_soap_fields(invox: InvoxSimulator, client: Client) -> None:
    note = (await client.summary()).json()
    assert isinstance(note["clinicalNote"], str)
    assert isinstance(note["generationTime"], float)
    soap = (await client.summary(outputFormat="SOAP_TEMPLATE")).json()["clinicalNote"]
    assert [field.keys() for field in soap["fields"]] == [{"name", "description", "value"}] * 4


# billing


async def test_only_uploads_are_billed_and_each_once(invox: InvoxSimulator, client: Client) -> None:
    await client.create()
    made = (await client.create()).json()
    for _ in range(2):
        assert (await client.put(made["presignedUrl"])).status_code == 200
    (entry,) = invox.billed
    assert entry.job == made["requestId"]
    assert entry.seconds == pytest.approx(2.0)
