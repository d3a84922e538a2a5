"""Recorded payloads of the real Slack through the bot's own entrance: what each one makes of it."""

import json
from pathlib import Path

import pytest

from simulators.slack.wire import as_object
from tests.support.harnesses.slack import Workplace

PAYLOADS = Path(__file__).parents[1] / "payloads"
PLAYED = {
    "message_voice_clip_webm": [("F0CLIPWEB", "C0CLINIC1", "1763990001.664299")],
    "app_mention_with_file": [],
    "message_video_upload": [("F0VIDEO01", "C0CLINIC1", "1763990003.620839")],
    "message_mpim_c_prefixed": [("F0CLIPMPM", "C0MPDM001", "1763990006.000100")],
    "message_thread_broadcast_file": [("F0CLIPBRD", "C0CLINIC1", "1763980000.000100")],
    "message_slack_connect_stub": [("F0STUB001", "C0CLINIC1", "1763990004.000100")],
    "message_hidden_by_limit": [("F0HIDDEN1", "C0CLINIC1", "1763990012.000100")],
    "message_huddle_canvas": [],
    "message_email_file": [],
    "message_changed_transcription_done": [],
    "message_changed_mention_added": [],
    "message_changed_tombstone": [],
    "message_deleted": [],
    "file_deleted": [],
    "file_shared": [],
    "member_joined_channel_bot": [],
    "message_forwarded_voice_clip": [("F0CLIPFWD", "C0CLINIC1", "1763990005.000100")],
    "message_forwarded_voice_clip_in_dm": [("F0CLIPFWD", "D0ALICE01", "1763990013.000100")],
}
"""The jobs (file, channel, thread) that each event makes at once."""


async def jobs_made(place: Workplace, name: str) -> list[tuple[str, str, str]]:
    payload = as_object(json.loads((PAYLOADS / f"{name}.json").read_text()))
    outcome = await place.slack.recorded.play(payload, b"RIFF" + bytes(100))
    assert outcome.acknowledged
    return [(job.origin.file_id, job.origin.channel_id, job.origin.thread_ts) for job in await place.jobs()]


@pytest.mark.parametrize("name", sorted(PLAYED))
async def test_a_recorded_event_makes_its_jobs(place: Workplace, name: str) -> None:
    assert await jobs_made(place, name) == PLAYED[name]
