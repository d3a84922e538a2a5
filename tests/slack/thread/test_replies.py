"""One job, one reply: posted once through crashes, cut connections and late visibility."""

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from bot.domain.errors import Misconfigured, Problem, ProblemCode, Rejected, Transient
from bot.domain.job import Job, State
from bot.domain.machine import Received
from bot.domain.transcript import Transcript
from bot.slack.api.client import SlackRefusal
from simulators.slack.faults import Fault
from simulators.slack.records import Message
from tests.support.harnesses.slack import SETTLE, Workplace, spoken, workplace

TALK = spoken("Good morning.", "The patient reports no pain.", title="Morning visit", summary="No pain is reported.")


async def ready(place: Workplace, transcript: Transcript = TALK) -> tuple[Message, Job]:
    message, job = await place.upload()
    return message, await place.replying(job, transcript)


async def failed(place: Workplace, code: ProblemCode = ProblemCode.PROVIDER_DOWN) -> tuple[Message, Job]:
    message, job = await place.upload()
    problem = Problem(code)
    return message, await place.store.apply(Received(job).refuse(place.clock.now(), problem))


def part_mark(message: Message) -> str:
    payload = (message.metadata or {})["event_payload"]
    assert isinstance(payload, dict)
    return str(payload["part"])


def shown(message: Message) -> str:
    return str(message.blocks)


async def settled_posts(place: Workplace, message: Message) -> list[Message]:
    return [reply for reply in place.ours(message) if "threadscribe_reply" in str(reply.metadata)]


async def test_a_transcript_is_one_reply_with_an_opaque_mark(place: Workplace) -> None:
    message, job = await ready(place)
    job = await place.answer(job, TALK)
    (reply,) = await settled_posts(place, message)
    assert job.state is State.DONE
    assert reply.metadata == {"event_type": "threadscribe_reply", "event_payload": {"job": job.id, "part": "0.0"}}
    assert reply.blocks[0]["block_id"] == f"threadscribe_reply.{job.id}.0.0"
    assert all(part in shown(reply) for part in ("Morning visit", "No pain is reported.", "Good morning."))
    assert not reply.files


async def test_a_failure_is_a_sentence_and_a_button(place: Workplace) -> None:
    message, job = await failed(place)
    job = await place.answer(job)
    (reply,) = await settled_posts(place, message)
    assert job.state is State.FAILED
    assert "cannot be reached" in shown(reply)
    assert "retry_job" in shown(reply)


async def test_replying_again_finds_the_reply_and_posts_nothing(place: Workplace) -> None:
    message, job = await ready(place)
    for _ in range(3):
        await place.room.chat.reply(job, TALK)
    assert len(await settled_posts(place, message)) == 1


@pytest.mark.parametrize("cut", ["after", "later", "before"])
async def test_a_cut_connection_ends_in_one_reply(place: Workplace, cut: Literal["after", "later", "before"]) -> None:
    message, job = await ready(place)
    place.slack.fault(Fault("chat.postMessage", cut=cut, delay=0.1 if cut == "later" else 0.0))
    await place.answer(job, TALK)
    assert len(await settled_posts(place, message)) == 1
    assert place.slack.calls("chat.postMessage") == (2 if cut == "before" else 1)


async def test_a_reply_of_unknown_fate_is_not_posted_again_before_it_has_settled(place: Workplace) -> None:
    _, job = await ready(place)
    place.slack.fault(Fault("chat.postMessage", cut="after"))
    for _ in range(3):
        with pytest.raises(Transient) as caught:
            await place.room.chat.reply(job, TALK)
        assert caught.value.after is not None
        assert 0 < caught.value.after <= SETTLE
    assert place.slack.calls("chat.postMessage") == 1


async def test_a_step_killed_after_slack_had_the_post_adopts_it(place: Workplace) -> None:
    message, job = await ready(place)
    place.slack.fault(Fault("chat.postMessage", hold="after"))
    step = asyncio.create_task(place.room.chat.reply(job, TALK))
    await place.slack.until(lambda: bool(place.ours(message)))
    step.cancel()
    await asyncio.wait((step,))
    place.slack.faults.clear()
    await place.answer(job, TALK)
    assert len(await settled_posts(place, message)) == 1


async def test_a_step_killed_before_the_post_left_is_made_up_for(place: Workplace) -> None:
    message, job = await ready(place)
    place.slack.fault(Fault("chat.postMessage", hold="before"))
    step = asyncio.create_task(place.room.chat.reply(job, TALK))
    await place.slack.until(lambda: place.slack.calls("chat.postMessage") == 1)
    step.cancel()
    await asyncio.wait((step,))
    row = await place.store.outbox_message(f"reply:{job.id}:0.0")
    assert row is not None
    assert row.phase == "intent"
    await place.answer(job, TALK)
    place.slack.faults.clear()
    place.clock.ahead += 61
    await place.room.chat.verify_due()
    assert len(await settled_posts(place, message)) == 1


async def test_a_reply_that_shows_late_is_found_by_the_verification_and_the_later_one_deleted(place: Workplace) -> None:
    message, job = await ready(place)
    place.slack.fault(Fault("chat.postMessage", cut="after", visible_after=3600))
    job = await place.answer(job, TALK)
    first, second = await settled_posts(place, message)
    min(first, second, key=lambda post: float(post.ts)).visible_from = 0.0
    place.clock.ahead += 61
    await place.room.chat.verify_due()
    (left,) = await settled_posts(place, message)
    assert left.ts == min(first.ts, second.ts, key=float)
    row = await place.store.outbox_message(f"reply:{job.id}:0.0")
    assert row is not None
    assert (row.phase, row.ts, row.verify_at) == ("settled", left.ts, None)


async def test_a_token_that_is_not_shown_metadata_recognises_its_reply_by_the_block(tmp_path: Path) -> None:
    async with workplace(tmp_path, withhold_metadata=True) as place:
        message, job = await ready(place)
        place.slack.fault(Fault("chat.postMessage", cut="after"))
        await place.answer(job, TALK)
        assert len(await settled_posts(place, message)) == 1


async def test_somebody_elses_message_with_our_mark_is_never_adopted(place: Workplace) -> None:
    message, job = await ready(place)
    forged = place.slack.say_as("U0BOB", "C0CLINIC", "I am the bot", thread_ts=message.ts)
    forged.metadata = {"event_type": "threadscribe_reply", "event_payload": {"job": job.id, "part": "0.0"}}
    forged.blocks = [{"type": "divider", "block_id": f"threadscribe_reply.{job.id}.0.0"}]
    place.slack.fault(Fault("chat.postMessage", cut="before"))
    await place.answer(job, TALK)
    assert sum(reply.is_bot for reply in await settled_posts(place, message)) == 1


async def test_a_look_up_reads_every_page_of_a_long_thread(place: Workplace) -> None:
    message, job = await ready(place)
    for number in range(450):
        place.slack.say_as("U0BOB", "C0CLINIC", f"word {number}", thread_ts=message.ts)
    place.slack.fault(Fault("chat.postMessage", cut="after"))
    await place.answer(job, TALK)
    assert len(await settled_posts(place, message)) == 1
    assert place.slack.calls("conversations.replies") >= 3


async def test_a_rate_limit_waits_and_is_no_doubtful_post(place: Workplace) -> None:
    message, job = await ready(place)
    place.slack.fault(Fault("chat.postMessage", status=429, retry_after=1))
    with pytest.raises(Transient) as caught:
        await place.room.chat.reply(job, TALK)
    assert caught.value.after == 1
    await place.answer(job, TALK)
    assert place.slack.calls("conversations.replies") == 0
    assert len(await settled_posts(place, message)) == 1


async def test_a_server_error_after_a_post_is_looked_up(place: Workplace) -> None:
    message, job = await ready(place)
    place.slack.fault(Fault("chat.postMessage", status=503))
    await place.answer(job, TALK)
    assert place.slack.calls("conversations.replies") == 1
    assert len(await settled_posts(place, message)) == 1


async def test_a_revoked_token_asks_for_the_operator(place: Workplace) -> None:
    _, job = await ready(place)
    place.slack.revoke()
    with pytest.raises(Misconfigured) as caught:
        await place.room.chat.reply(job, TALK)
    assert caught.value.account == "slack"


async def test_a_missing_scope_is_named(place: Workplace) -> None:
    _, job = await ready(place)
    place.slack.reinstall(["files:read"])
    with pytest.raises(Misconfigured, match="chat:write"):
        await place.room.chat.reply(job, TALK)


async def test_an_archived_channel_is_rejected_and_the_person_told_directly_once(place: Workplace) -> None:
    _, job = await ready(place)
    place.slack.workspace.channels["C0CLINIC"].archived = True
    for _ in range(2):
        with pytest.raises(Rejected):
            await place.room.chat.reply(job, TALK)
    told = [m for m in place.slack.messages("D0ALICE") if m.is_bot]
    assert len(told) <= 1
    assert not any("pain" in m.text for m in told)


@pytest.mark.parametrize(
    "refusal", ["restricted_action_read_only_channel", "restricted_action_of_tomorrow", "cannot_reply_to_message"]
)
async def test_a_channel_that_takes_no_posts_is_told_to_the_user_directly(place: Workplace, refusal: str) -> None:
    _, job = await ready(place)
    place.slack.fault(Fault("chat.postMessage", error=refusal))
    with pytest.raises(Rejected):
        await place.room.chat.reply(job, TALK)
    (told,) = [m for m in place.slack.messages("D0ALICE") if m.is_bot]
    assert "does not let me post there" in told.text
    assert "pain" not in told.text


async def test_a_deleted_thread_is_rejected(place: Workplace) -> None:
    message, job = await ready(place)
    place.slack.people.delete("U0ALICE", "C0CLINIC", message.ts)
    with pytest.raises(SlackRefusal):
        await place.room.chat.reply(job, TALK)


async def test_a_second_try_is_answered_by_a_second_message(place: Workplace) -> None:
    message, job = await failed(place)
    job = await place.answer(job)
    (first,) = await settled_posts(place, message)
    assert (await place.slack.act_as("U0BOB", first, "retry_job")).acknowledged
    await place.until(lambda: place.jobs(State.RECEIVED))
    (job,) = await place.jobs(State.RECEIVED)
    await place.until(lambda: _no_button(first))
    job = await place.replying(job, TALK)
    await place.answer(job, TALK)
    assert [part_mark(reply) for reply in await settled_posts(place, message)] == ["0.0", "1.0"]


async def test_a_failure_of_the_file_alone_offers_no_other_try(place: Workplace) -> None:
    message, job = await failed(place, ProblemCode.CORRUPT)
    await place.answer(job)
    (reply,) = await settled_posts(place, message)
    assert "retry_job" not in shown(reply)


async def test_a_second_failure_edits_the_first_message(place: Workplace) -> None:
    message, job = await failed(place)
    await place.answer(job)
    (first,) = await settled_posts(place, message)
    assert (await place.slack.act_as("U0BOB", first, "retry_job")).acknowledged
    await place.until(lambda: _no_button(first))
    (job,) = await place.jobs(State.RECEIVED)
    assert "Bob García asked me to try again." in shown(first)
    problem = Problem(ProblemCode.PROVIDER_DOWN)
    job = await place.store.apply(Received(job).refuse(place.clock.now(), problem))
    for _ in range(2):  # a crash after the edit repeats the step
        await place.room.chat.reply(job, None)
    (only,) = await settled_posts(place, message)
    assert (only.ts, part_mark(only)) == (first.ts, "1.0")
    assert "2 tries, the last one" in shown(only)
    assert "retry_job" in shown(only)


async def test_a_cancelled_job_says_by_whom_and_its_message_has_no_tick(place: Workplace) -> None:
    message, job = await place.upload()
    assert await place.store.request_cancel(job.id, "U0BOB", place.clock.now())
    (job,) = await place.jobs()
    job = await place.store.apply(Received(job).cancel(place.clock.now()))
    place.room.chat.show(job)
    await place.answer(job)
    (reply,) = await settled_posts(place, message)
    assert "Cancelled by Bob García; nothing was transcribed." in shown(reply)
    await place.slack.until(lambda: not any(message.reactions.values()))


async def _no_button(message: Message) -> bool:
    return "retry_job" not in shown(message)


async def test_a_clock_set_back_does_not_hold_a_reply_for_a_day(place: Workplace) -> None:
    message, job = await ready(place)
    place.slack.fault(Fault("chat.postMessage", cut="after"))
    with pytest.raises(Transient):
        await place.room.chat.reply(job, TALK)
    place.clock.ahead -= 86400
    with pytest.raises(Transient) as caught:
        await place.room.chat.reply(job, TALK)
    assert caught.value.after is not None
    assert caught.value.after <= SETTLE
    await place.answer(job, TALK)
    assert len(await settled_posts(place, message)) == 1
