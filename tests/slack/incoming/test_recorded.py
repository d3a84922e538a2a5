"""Recorded payloads of the real Slack go in by the bot's own entrance; the right rows come out."""

import json
from pathlib import Path

import pytest

from bot.domain.job import Job
from bot.ports.store import ChannelSettings
from bot.slack.api.payloads import as_object, text
from bot.slack.buttons.texts import NOT_MINE
from simulators.slack.records import User
from simulators.slack.wire import Json
from tests.support.harnesses.slack import Workplace, spoken

PAYLOADS = Path(__file__).parents[1] / "payloads"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
NOTE = spoken("Please call me back about the appointment.")
CONTENT = b"\0\0\0\x20ftypM4A " + bytes(2000)

JOBS: dict[str, list[tuple[str, str, str, bool]]] = {  # channel, thread, file, whether it is clearly a recording
    "app_mention_with_file": [],  # the mention is answered by what its thread has
    "message_voice_clip_webm": [("C0CLINIC1", "1763990001.664299", "F0CLIPWEB", True)],
    "message_video_upload": [("C0CLINIC1", "", "", True)],
    "message_mpim_c_prefixed": [("C0MPDM001", "1763990006.000100", "F0CLIPMPM", True)],
    "message_slack_connect_stub": [("C0CLINIC1", "1763990004.000100", "F0STUB001", False)],
    "message_hidden_by_limit": [("C0CLINIC1", "1763990012.000100", "F0HIDDEN1", False)],
    "message_forwarded_voice_clip": [("C0CLINIC1", "1763990005.000100", "F0CLIPFWD", True)],
    "message_forwarded_voice_clip_in_dm": [("", "", "F0CLIPFWD", True)],
    "message_thread_broadcast_file": [("C0CLINIC1", "1763980000.000100", "F0CLIPBRD", True)],
    "message_huddle_canvas": [],
    "message_email_file": [],
    "message_changed_transcription_done": [],
    "message_changed_mention_added": [],
    "message_deleted": [],
    "message_changed_tombstone": [],
    "file_deleted": [],
    "file_shared": [],
    "member_joined_channel_bot": [],
}


def recorded(name: str) -> Json:
    body: Json = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return body


def test_every_recorded_event_has_its_expectation() -> None:
    assert {name for name in NAMES if "event" in recorded(name)} == set(JOBS)


def shown(job: Job) -> tuple[str, str, str, bool]:
    return job.origin.channel_id, job.origin.thread_ts, job.origin.file_id, job.expected_audio


@pytest.mark.parametrize("name", JOBS)
async def test_an_event_makes_the_rows_that_it_should(either: Workplace, name: str) -> None:
    outcome = await either.slack.recorded.play(recorded(name), CONTENT)
    assert outcome.acknowledged
    expected = JOBS[name]
    if name == "app_mention_with_file":
        await either.until(either.jobs)  # found in its thread by the deferred mention
        return
    jobs = [shown(job) for job in await either.jobs()]
    assert len(jobs) == len(expected)
    for job, wanted in zip(jobs, expected, strict=True):
        assert [mine for mine, theirs in zip(job, wanted, strict=True) if theirs != "" and mine != theirs] == []


@pytest.mark.parametrize("name", ["message_deleted", "message_changed_tombstone", "file_deleted"])
async def test_what_was_deleted_ends_its_job(place: Workplace, name: str) -> None:
    await place.slack.recorded.play(recorded("message_voice_clip_webm"), CONTENT)
    (job,) = await place.jobs()
    assert (await place.slack.recorded.play(recorded(name), CONTENT)).acknowledged
    row = await place.store.job(job.id)
    assert row is not None
    assert row.deleted_at is not None


async def test_a_deleted_recording_is_not_transcribed_again_when_its_event_is_repeated(place: Workplace) -> None:
    for name in ("message_voice_clip_webm", "message_deleted", "message_voice_clip_webm"):
        await place.slack.recorded.play(recorded(name), CONTENT)
    assert len(await place.jobs()) == 1


async def test_an_event_that_slack_repeats_hours_later_gives_no_second_reply(either: Workplace) -> None:
    """With *Delayed Events* Slack repeats an event for a day, and catch-up was faster."""
    await either.slack.recorded.play(recorded("message_voice_clip_webm"), CONTENT)
    (job,) = await either.jobs()
    await either.answer(await either.replying(job, NOTE), NOTE)
    either.clock.ahead += 20 * 3600
    assert (await either.slack.recorded.play(recorded("message_voice_clip_webm"), CONTENT)).acknowledged
    assert [each.id for each in await either.jobs()] == [job.id]
    assert either.slack.calls("chat.postMessage") == 1


async def test_a_forwarded_recording_waits_where_the_channel_must_be_asked(place: Workplace) -> None:
    await place.store.put_channel_settings("T0LOCAL", "C0CLINIC1", ChannelSettings(automatic=False))
    await place.slack.recorded.play(recorded("message_forwarded_voice_clip"), CONTENT)
    assert await place.jobs() == []


async def interact(place: Workplace, body: Json) -> None:
    """Send a recorded interaction; its user is a member of the conversation."""
    own = place.slack.recorded.localised(body)
    await place.slack.recorded.settle(own, CONTENT)
    user = text(as_object(own["user"]), "id")
    place.slack.workspace.users[user] = User(user, "alice", "Alice")
    place.slack.workspace.channels[text(as_object(own["channel"]), "id")].members.append(user)
    assert (await place.slack.recorded.send(own)).acknowledged


async def test_a_shortcut_in_a_thread_is_taken_and_answered_there(place: Workplace) -> None:
    body = recorded("message_action_in_thread")
    body["callback_id"] = "transcribe_message"
    await interact(place, body)
    thread = text(as_object(body["message"]), "thread_ts")

    def told() -> bool:
        return any(each.ephemeral_to and each.thread_ts == thread for each in place.slack.workspace.all_messages())

    await place.slack.until(told)


async def test_a_button_that_names_no_job_of_ours_changes_nothing(place: Workplace) -> None:
    await interact(place, recorded("block_actions_in_thread"))
    await place.slack.until(lambda: any(NOT_MINE in each.text for each in place.slack.workspace.all_messages()))
    assert await place.jobs() == []
