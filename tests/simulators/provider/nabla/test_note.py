"""The notes of the Nabla simulator."""

from typing import Any

import pytest

from simulators.nabla import NablaSimulator
from tests.simulators.provider.nabla.client import VERSION, Client
from tests.simulators.provider.peers import kinds


async def test_a_note_has_a_title_and_sections(nabla: NablaSimulator, client: Client) -> None:
    note = (await client.note()).json()
    assert note["title"]
    assert [section.keys() for section in note["sections"]] == [{"key", "title", "text"}] * 3
    assert note["locale"] == "ENGLISH_US"


async def test_a_newer_note_is_nested_and_its_template_renamed(nabla: NablaSimulator, client: Client) -> None:
    client.headers[VERSION] = "2026-02-20"
    assert (await client.note(note_template="GENERIC_SOAP")).json()["note"]["note_template"] == "GENERIC_SOAP"
    client.headers[VERSION] = "2026-06-12"
    assert (await client.note(note_template_key="GENERIC_SOAP")).json()["note"]["note_template_key"] == "GENERIC_SOAP"
    assert (await client.note(note_template="GENERIC_SOAP")).status_code == 400
    assert kinds(nabla) == ["unknown-field"]


async def test_a_short_transcript_has_no_note(nabla: NablaSimulator, client: Client) -> None:
    refused = await client.note(transcript_items=[{"text": "Hello there", "speaker_type": "DOCTOR"}])
    assert refused.status_code == 422
    assert refused.json()["code"] == 83005
    assert refused.json()["name"] == "NOTE_GENERATION_TRANSCRIPT_TOO_SHORT"
    assert nabla.violations == []


@pytest.mark.parametrize(
    "body",
    [
        {"note_locale": "ARMENIAN_AM"},
        {"transcript_items": "text"},
        {"transcript_items": [{"text": "a"}]},
        {"transcript_items": [{"text": "a", "speaker_type": "NURSE"}]},
        {"transcript_items": [{"text": "a", "speaker_type": "DOCTOR", "start_offset_ms": 0}]},
        {"unknown": 1},
    ],
)
async def test_a_note_request_outside_the_contract_is_refused(nabla: NablaSimulator, client: Client, body: Any) -> None:
    assert (await client.note(**body)).status_code == 400
    assert len(kinds(nabla)) == 1
