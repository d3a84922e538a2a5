"""Another try of a recording that failed, and what its one message says meanwhile."""

import asyncio
from pathlib import Path

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import Job, State
from bot.domain.machine import Received, Replying
from simulators.slack.faults import Fault
from simulators.slack.records import Message
from tests.support.harnesses.slack import Workplace, workplace


async def failed(place: Workplace) -> tuple[Message, Job]:
    message, job = await place.upload()
    problem = Problem(ProblemCode.PROVIDER_DOWN)
    return message, await place.store.apply(Received(job).refuse(place.clock.now(), problem))


async def _handled(place: Workplace, kind: str) -> bool:
    """Whether no deferred work of this kind waits."""
    return not await place.store.inbox_due(kind, place.clock.now())


async def test_a_second_failure_is_not_hidden_by_who_asked_for_the_try(place: Workplace) -> None:
    """The other try may fail before its message says who asked for it."""
    message, job = await failed(place)
    await place.answer(job)
    (first,) = place.ours(message)
    slow = place.slack.fault(Fault("users.info", times=None, hold="before"))
    assert (await place.slack.act_as("U0BOB", first, "retry_job")).acknowledged
    await place.until(lambda: place.jobs(State.RECEIVED))
    (job,) = await place.jobs(State.RECEIVED)
    job = await place.store.apply(Received(job).refuse(place.clock.now(), Problem(ProblemCode.PROVIDER_DOWN)))
    await place.room.chat.reply(job, None)
    assert "2 tries, the last one" in str(first.blocks)
    place.slack.faults.clear(slow.id)
    await place.until(lambda: _handled(place, "press"))
    assert "2 tries, the last one" in str(first.blocks)
    assert "retry_job" in str(first.blocks)


async def test_another_try_may_be_asked_for_as_soon_as_the_failure_is_read(tmp_path: Path) -> None:
    """Its message is in the thread a moment before the bot has committed that it is there."""
    async with workplace(tmp_path, speed=1) as place:
        message, job = await failed(place)
        await place.room.chat.reply(job, None)
        (first,) = place.ours(message)
        assert (await place.slack.act_as("U0BOB", first, "retry_job")).acknowledged
        await asyncio.sleep(1.0)  # the press is looked at meanwhile; nothing shows when
        await place.store.apply(Replying(job).replied(place.clock.now()))
        await place.until(lambda: place.jobs(State.RECEIVED))
        await place.until(lambda: _handled(place, "press"))
        assert place.whispers(message, "U0BOB") == []


async def test_another_try_goes_on_where_the_message_of_the_first_is_gone(place: Workplace) -> None:
    message, job = await failed(place)
    await place.answer(job)
    (first,) = place.ours(message)
    place.slack.fault(Fault("chat.update", times=None, error="message_not_found"))
    assert (await place.slack.act_as("U0BOB", first, "retry_job")).acknowledged
    await place.until(lambda: _handled(place, "press"))
    assert place.slack.calls("chat.update") > 0
    assert await place.jobs(State.RECEIVED)
    assert place.whispers(message, "U0BOB") == []
