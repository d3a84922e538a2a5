"""What is pressed or submitted is acknowledged within Slack's three seconds, and is answered when it fails."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.errors import Problem, ProblemCode
from bot.domain.machine import Received
from simulators.slack.faults import Fault
from tests.slack.interaction.buttons.acts import OFFERS, choose, done, files, modal, press, reply, told
from tests.support.harnesses.slack import Workplace, workplace

MEMBERS = 30_000
SECONDS_A_CALL = ACK_SECONDS = 3.0  # what waits for one answer of Slack's is too late


@pytest.fixture(autouse=True)
def unhurried() -> None:
    """The limit stays as it is: it is what these tests are about."""


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    """A workspace in which whatever is not acknowledged within three seconds has failed."""
    async with workplace(tmp_path, offers=OFFERS, ack_timeout=ACK_SECONDS) as found:
        yield found


def slow(place: Workplace) -> None:
    """From now on a channel of 30,000 members, and three seconds for each of Slack's answers."""
    place.slack.workspace.channels["C0CLINIC"].members += [f"U0M{number}" for number in range(MEMBERS)]
    place.slack.options.latency = {"*": SECONDS_A_CALL}
    place.clock.ahead += 61  # nothing is remembered


@pytest.mark.parametrize("user", ["U0ALICE", "U0BOB"])
@pytest.mark.parametrize("action", ["rename_speakers", "transcribe_again", "delete_transcript", "download_transcript"])
async def test_a_button_of_a_reply(place: Workplace, action: str, user: str) -> None:
    message, job = await done(place)
    slow(place)
    option = {"selected_option": {"value": f"{job.id}.txt"}} if action == "download_transcript" else {}
    assert (await place.slack.act_as(user, reply(place, message), action, **option)).acknowledged


@pytest.mark.parametrize("user", ["U0ALICE", "U0BOB"])
async def test_try_again_and_cancel(place: Workplace, user: str) -> None:
    message, job = await place.upload()
    place.room.chat.show(job)
    await place.slack.until(lambda: len(place.ours(message)) == 1)
    slow(place)
    assert (await place.slack.act_as(user, place.ours(message)[0], "cancel_message")).acknowledged
    if user != "U0ALICE":  # who shared it is not asked
        await place.slack.until(lambda: bool(place.whispers(message, user)))
        (asked,) = place.whispers(message, user)
        assert (await place.slack.act_as(user, asked, "cancel_message_surely")).acknowledged

    async def cancelled() -> bool:
        row = await place.store.job(job.id)
        return row is not None and row.cancel_by == user

    await place.until(cancelled)


@pytest.mark.parametrize("user", ["U0ALICE", "U0BOB"])
async def test_a_modal_is_saved_or_says_that_it_was_not(place: Workplace, user: str) -> None:
    message, job = await done(place)
    await press(place, message, "rename_speakers", user)
    await modal(place, user, "rename_speakers")
    slow(place)
    values = {"speaker.0": {"name": {"type": "plain_text_input", "value": "Ani"}}}
    said = await place.slack.submit_as(user, values)  # raises when it is not acknowledged
    assert (await place.store.speaker_names(job.id)).revision == (0 if said else 1)


async def test_what_slack_did_not_say_in_time_is_there_for_the_next_press(place: Workplace) -> None:
    message, job = await done(place)
    await press(place, message, "rename_speakers", "U0BOB")
    await modal(place, "U0BOB", "rename_speakers")
    place.clock.ahead += 61
    hold = place.slack.fault(Fault("users.conversations", times=None, hold="before"))
    values = {"speaker.0": {"name": {"type": "plain_text_input", "value": "Ani"}}}
    assert "press the button again" in str(await place.slack.submit_as("U0BOB", values))
    assert (await place.store.speaker_names(job.id)).revision == 0
    asked = place.slack.calls("users.conversations")
    place.slack.faults.clear(hold.id)
    await place.slack.until(lambda: place.slack.ledger.finished["users.conversations"] >= asked)
    assert await place.slack.submit_as("U0BOB", values) == {}
    assert place.slack.calls("users.conversations") == asked  # it was asked once
    assert (await place.store.speaker_names(job.id)).names == {"Speaker 1": "Ani"}


async def test_a_press_is_committed_before_it_is_acknowledged_and_acted_on_when_slack_answers(place: Workplace) -> None:
    message, job = await place.upload()
    job = await place.store.apply(
        Received(job).refuse(place.clock.now(), Problem(ProblemCode.PROVIDER_DOWN, {"provider": "xosum"}))
    )
    job = await place.answer(job)
    (shown,) = place.ours(message)
    hold = place.slack.fault(Fault("users.conversations", times=None, hold="before"))
    assert (await place.slack.act_as("U0BOB", shown, "retry_job")).acknowledged
    assert len(await place.store.inbox_due("press", place.clock.now())) == 1
    place.slack.faults.clear(hold.id)

    async def done_with() -> bool:
        return not await place.store.inbox_due("press", place.clock.now())

    await place.until(done_with)
    assert [each.state.value for each in await place.jobs()] == ["received"]


@pytest.mark.parametrize("fault", [{"status": 503}, {"error": "fatal_error"}])
async def test_a_press_that_fails_is_answered(place: Workplace, fault: dict[str, object]) -> None:
    message, job = await done(place)
    await choose(place, message, job, "txt")
    await place.slack.until(lambda: len(files(place, message)) == 1)
    place.slack.fault(Fault("files.info", times=None, **fault))  # type: ignore[arg-type]  # fields by name
    await choose(place, message, job, "txt")  # asks whether the first file is still there
    await told(place, "U0ALICE", "try again in a minute")


async def test_a_permission_that_the_app_lacks_is_no_silence_either(place: Workplace) -> None:
    message, job = await done(place)
    place.slack.fault(Fault("files.getUploadURLExternal", times=None, error="missing_scope"))
    await choose(place, message, job, "txt")
    await told(place, "U0ALICE", "try again in a minute")


async def test_a_modal_whose_contents_fail_says_so(place: Workplace) -> None:
    message, _ = await done(place)
    await place.sql("ALTER TABLE transcript RENAME TO elsewhere")
    await press(place, message, "rename_speakers")
    await place.slack.until(lambda: "try again in a minute" in str(place.slack.views.top("U0ALICE")))
    await place.sql("ALTER TABLE elsewhere RENAME TO transcript")


# where private answers appear


async def test_the_answer_to_a_shortcut_on_a_reply_is_in_its_thread(place: Workplace) -> None:
    root = place.slack.say_as("U0BOB", "C0CLINIC", "a thread")
    below = place.slack.say_as("U0BOB", "C0CLINIC", "no recording", thread_ts=root.ts)
    assert (await place.slack.shortcut_as("U0ALICE", "C0CLINIC", below.ts, "transcribe_message")).acknowledged
    await told(place, "U0ALICE", "no audio or video file")
    (said,) = [each for each in place.slack.workspace.all_messages() if each.ephemeral_to == "U0ALICE"]
    assert said.thread_ts == root.ts


async def test_the_answer_to_a_shortcut_where_the_bot_is_not_comes_all_the_same(place: Workplace) -> None:
    shown = place.slack.say_as("U0BOB", "C0GENERAL", "no recording")
    assert (await place.slack.shortcut_as("U0ALICE", "C0GENERAL", shown.ts, "transcribe_message")).acknowledged
    await told(place, "U0ALICE", "I am not in this conversation")


async def test_a_button_of_another_version_is_answered(place: Workplace) -> None:
    message, _ = await done(place)
    old = reply(place, message)
    old.blocks = json.loads(json.dumps(old.blocks).replace("rename_speakers", "label_voices"))
    assert (await place.slack.act_as("U0ALICE", old, "label_voices")).acknowledged
    await told(place, "U0ALICE", "from another version of this app")
