"""One status line per message: at once, edited now and then, gone with the last reply."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import Job, Options, State
from bot.domain.machine import Received, Submitting
from bot.ports.store import JobStore
from bot.slack.thread import status
from simulators.slack.faults import Fault
from simulators.slack.records import Message
from tests.slack.thread.test_replies import TALK
from tests.support.harnesses.slack import CLIP, Upload, Workplace


def lines(place: Workplace, message: Message) -> list[Message]:
    return [reply for reply in place.ours(message) if "threadscribe_status" in str(reply.metadata)]


def reactions(message: Message) -> set[str]:
    return {name for name, users in message.reactions.items() if users}


async def submitting(place: Workplace, job: Job) -> Job:
    stage = Received(job)
    return await place.store.apply(stage.submit(place.clock.now(), job.file, "xosum", "xosum", Options()))


async def test_a_line_and_a_reaction_come_at_once_and_go_with_the_reply(place: Workplace) -> None:
    message, job = await place.upload()
    place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)) and reactions(message) == {"eyes"})
    assert "visit notes.m4a" in lines(place, message)[0].text
    job = await place.replying(job, TALK)
    await place.answer(job, TALK)
    await place.slack.until(lambda: not lines(place, message) and reactions(message) == {"white_check_mark"})

    async def stored() -> bool:  # a moment after Slack has deleted it
        row = await place.store.outbox_message(f"status:T0LOCAL:C0CLINIC:{message.ts}")
        return row is not None and row.phase == "gone"

    await place.until(stored)


async def test_a_line_is_edited_at_most_every_few_seconds_and_ends_with_the_last_state(place: Workplace) -> None:
    message, job = await place.upload()
    place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)))
    job = await submitting(place, job)
    for percent in range(100):
        place.room.chat.show(replace(job, progress=percent / 100))
    place.clock.ahead += status.EDIT_SECONDS
    place.room.chat.show(replace(job, progress=0.99))
    await place.slack.until(lambda: "99 %" in lines(place, message)[0].text)
    assert place.slack.calls("chat.update") <= 2
    assert len(lines(place, message)) == 1


async def test_several_files_of_a_message_share_one_line(place: Workplace) -> None:
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP, Upload("b.wav", b"x"), Upload("c.mp3", b"x"))
    await place.slack.delivery.settled()
    jobs = await place.jobs()
    for job in jobs:
        place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)))
    (line,) = lines(place, message)
    assert "3 recordings" in line.text
    for job in jobs:
        job = await place.replying(job, TALK)
        await place.answer(job, TALK)
    await place.slack.until(lambda: not lines(place, message))
    assert len(place.ours(message)) == 3


async def test_slack_being_away_never_raises_and_the_line_comes_later(place: Workplace) -> None:
    message, job = await place.upload()
    fault = place.slack.fault(Fault("chat.postMessage", times=None, status=503))
    place.room.chat.show(job)
    await place.slack.until(lambda: place.slack.calls("chat.postMessage") >= 1)
    place.slack.faults.clear(fault.id)
    await place.slack.until(lambda: bool(lines(place, message)))
    assert len(lines(place, message)) == 1


class Broken:
    """A store that breaks where the jobs of one message are read."""

    def __init__(self, store: JobStore, message_ts: str) -> None:
        self._store = store
        self._message_ts = message_ts

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def jobs_of_message(self, team_id: str, channel_id: str, message_ts: str) -> Sequence[Job]:
        if message_ts == self._message_ts:
            raise ValueError("a bug")
        return await self._store.jobs_of_message(team_id, channel_id, message_ts)


async def test_a_bug_in_one_line_holds_up_no_other(place: Workplace) -> None:
    first, bad = await place.upload()
    second, good = await place.upload(upload=Upload("next.wav", b"x"))
    lines_of_all = place.room.status
    lines_of_all.slack = replace(lines_of_all.slack, store=cast(JobStore, Broken(place.store, first.ts)))
    place.room.chat.show(bad)
    place.room.chat.show(good)
    await place.slack.until(lambda: bool(lines(place, second)), 30)
    assert lines(place, first) == []


async def test_a_line_whose_post_was_cut_off_is_adopted(place: Workplace) -> None:
    message, job = await place.upload()
    place.slack.fault(Fault("chat.postMessage", cut="after"))
    place.room.chat.show(job)
    await place.slack.until(lambda: place.slack.calls("conversations.replies") >= 1)
    job = await place.replying(job, TALK)
    await place.answer(job, TALK)
    await place.slack.until(lambda: not lines(place, message))
    assert len(place.ours(message)) == 1


async def test_a_line_that_outlived_a_crash_is_taken_away(place: Workplace) -> None:
    message, job = await place.upload()
    place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)))
    place.room.status._lines.clear()  # what a crash forgets
    job = await place.replying(job, TALK)
    fault = place.slack.fault(Fault("chat.delete", times=None, status=503))
    await place.answer(job, TALK)
    await place.slack.until(lambda: place.slack.calls("chat.delete") >= 1)
    place.room.status._lines.clear()
    place.slack.faults.clear(fault.id)
    await place.room.chat.verify_due()
    await place.slack.until(lambda: not lines(place, message))


async def test_a_file_that_may_be_no_audio_gets_no_line_until_it_is(place: Workplace) -> None:
    message, job = await place.upload(upload=Upload("data", b"x", mimetype="application/octet-stream"))
    place.room.chat.show(job)
    await asyncio.sleep(0.3)
    assert lines(place, message) == []
    assert reactions(message) == set()
    place.room.chat.show(await submitting(place, job))
    await place.slack.until(lambda: bool(lines(place, message)))


async def test_a_parked_job_says_so_in_plain_words(place: Workplace) -> None:
    message, job = await place.upload()
    job = await submitting(place, job)
    parked = await place.store.apply(Submitting(job).park(place.clock.now(), "401", "xosum"))
    place.room.chat.show(parked)
    await place.slack.until(lambda: bool(lines(place, message)))
    text = lines(place, message)[0].text
    assert "paused: the app's administrator has to fix" in text
    assert "401" not in text


async def test_a_refused_file_of_several_is_not_counted_as_done(place: Workplace) -> None:
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP, Upload("b.wav", b"x"))
    await place.slack.delivery.settled()
    jobs = await place.jobs()
    for job in jobs:
        place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)))
    refused = await place.store.apply(Received(jobs[1]).refuse(place.clock.now(), Problem(ProblemCode.CORRUPT)))
    await place.room.chat.reply(refused, None)
    await place.slack.until(lambda: "1 failed" in lines(place, message)[0].text)
    assert "done" not in lines(place, message)[0].text


@pytest.mark.parametrize("waited_for", ["xosum", "slack", "slack:T0LOCAL"])
async def test_a_parked_job_says_what_happens_next_also_where_lines_are_late_or_off(
    place: Workplace, waited_for: str
) -> None:
    place.room.status.after_seconds = 1e9
    message, job = await place.upload()
    job = await submitting(place, job)
    place.room.chat.show(job)
    await place.slack.until(lambda: reactions(message) == {"eyes"})
    assert lines(place, message) == []
    parked = await place.store.apply(Submitting(job).park(place.clock.now(), "401", waited_for))
    for _ in range(2):
        place.room.chat.show(parked)
        await place.slack.until(lambda: bool(lines(place, message)))
    (line,) = lines(place, message)
    assert "the app's administrator has to fix" in line.text
    assert "I will continue automatically" in line.text
    assert ("the transcription service" if waited_for == "xosum" else "the connection to Slack") in line.text


async def test_cancel_on_the_line_cancels_every_job_of_the_message(place: Workplace) -> None:
    message = await place.slack.upload_as("U0ALICE", "C0CLINIC", CLIP, Upload("b.wav", b"x"))
    await place.slack.delivery.settled()
    for job in await place.jobs():
        place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)))
    assert (await place.slack.act_as("U0BOB", lines(place, message)[0], "cancel_message")).acknowledged
    await place.slack.until(lambda: bool(place.whispers(message, "U0BOB")))
    (asked,) = place.whispers(message, "U0BOB")
    assert "2 recordings under way here were shared by <@U0ALICE>. Cancel them all the same?" in asked.text
    assert [job.cancel_by for job in await place.jobs()] == ["", ""]
    assert (await place.slack.act_as("U0BOB", asked, "cancel_message_surely")).acknowledged

    async def both() -> bool:
        return [job.cancel_by for job in await place.jobs()] == ["U0BOB", "U0BOB"]

    await place.until(both)


async def test_a_failure_is_receipted_with_a_warning(place: Workplace) -> None:
    message, job = await place.upload()
    place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)))
    job = await place.store.apply(Received(job).refuse(place.clock.now(), Problem(ProblemCode.CORRUPT)))
    job = await place.answer(job)
    assert job.state is State.FAILED
    await place.slack.until(lambda: reactions(message) == {"warning"})


async def test_a_line_waits_for_no_reaction_and_an_answered_message_gets_only_the_last_one(place: Workplace) -> None:
    fault = place.slack.fault(Fault("reactions.add", hold="before"))
    first, earlier = await place.upload()
    place.room.chat.show(earlier)
    await place.slack.until(lambda: place.slack.calls("reactions.add") == 1)
    second, job = await place.upload(upload=Upload("next.wav", b"x"))
    place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, second)))
    await place.answer(await place.replying(job, TALK), TALK)
    await place.slack.until(lambda: not lines(place, second))
    place.slack.faults.clear(fault.id)
    await place.slack.until(lambda: reactions(second) == {"white_check_mark"} and reactions(first) == {"eyes"})
    assert (place.slack.calls("reactions.add"), place.slack.calls("reactions.remove")) == (2, 0)


async def test_a_line_of_unknown_fate_that_outlived_a_crash_is_taken_away(place: Workplace) -> None:
    message, job = await place.upload()
    place.slack.fault(Fault("chat.postMessage", cut="after"))
    place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)))
    job = await place.replying(job, TALK)
    await place.answer(job, TALK)
    place.room.status._lines.clear()  # what a crash forgets
    place.room.status._due.clear()
    await place.until(lambda: _gone(place, message))
    assert lines(place, message) == []


async def _gone(place: Workplace, message: Message) -> bool:
    await place.room.chat.verify_due()
    row = await place.store.outbox_message(f"status:T0LOCAL:C0CLINIC:{message.ts}")
    return row is not None and row.phase == "gone"


async def test_a_line_at_rest_costs_nothing(place: Workplace) -> None:
    message, job = await place.upload()
    place.room.chat.show(job)
    await place.slack.until(lambda: bool(lines(place, message)) and bool(reactions(message)))

    async def at_rest() -> bool:
        return not place.room.status._due

    await place.until(at_rest)
