"""A recording is transcribed again in another way."""

import asyncio
from dataclasses import replace

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import Options, State
from bot.domain.machine import Received
from tests.slack.interaction.buttons.acts import TALK, again, done, modal, press, shown
from tests.support.harnesses.slack import Workplace


async def test_another_way_is_another_job_with_a_reply_that_says_so(place: Workplace) -> None:
    message, job = await done(place)
    assert await again(place, message, "local", language="es") == {}
    second = (await place.jobs(State.RECEIVED))[0]
    assert (second.provider, second.options) == ("local", Options("es"))
    assert (second.origin.version, second.origin.file_id) == (2, job.origin.file_id)
    assert "local" not in place.rung
    await place.answer(await place.replying(second, replace(TALK, title="Otra vez")), replace(TALK, title="Otra vez"))
    replies = [each for each in place.ours(message) if "threadscribe_reply" in str(each.metadata)]
    assert len(replies) == 2
    assert "Version 2" in str(replies[1].blocks)
    assert "Version" not in str(replies[0].blocks)
    first = await place.store.transcript(job.id)
    assert first is not None
    assert first.title == TALK.title


async def test_the_same_way_again_is_pointed_to_and_not_paid_for(place: Workplace) -> None:
    message, _ = await done(place)
    faults = await again(place, message, "xosum", recording="single_voice")
    assert "already a transcript with these settings" in faults["service"]
    assert len(await place.jobs()) == 1


async def test_two_who_ask_for_the_same_at_once_get_one_job(place: Workplace) -> None:
    message, _ = await done(place)
    for user in ("U0ALICE", "U0BOB"):
        await press(place, message, "transcribe_again", user)
        await modal(place, user, "transcribe_again")
    option = {"type": "static_select", "selected_option": {"value": "local"}}
    values = {"service": {"again_service": option}}
    answers = await asyncio.gather(*(place.slack.submit_as(user, values) for user in ("U0ALICE", "U0BOB")))
    assert sorted(map(len, answers)) == [0, 1]
    assert len(await place.jobs()) == 2


async def test_a_service_that_the_channel_may_not_use_is_not_offered_and_not_taken(place: Workplace) -> None:
    place.room.services.allows = lambda name, channel: name != "local" or channel != "C0CLINIC"
    message, _ = await done(place)
    await press(place, message, "transcribe_again")
    assert "Local engine" not in str((await modal(place, "U0ALICE", "transcribe_again")).body)
    option = {"type": "static_select", "selected_option": {"value": "local"}}
    faults = await place.slack.submit_as("U0ALICE", {"service": {"again_service": option}})
    assert "administrator has restricted it" in faults["service"]
    assert len(await place.jobs()) == 1


async def test_another_service_shows_its_own_languages(place: Workplace) -> None:
    message, _ = await done(place)
    await press(place, message, "transcribe_again")
    view = await modal(place, "U0ALICE", "transcribe_again")
    assert [block["block_id"] for block in shown(view.body)[1:]] == ["service", "recording.xosum"]
    option = {"text": {"type": "plain_text", "text": "Local engine"}, "value": "local"}
    await place.slack.act_as("U0ALICE", view, "again_service", selected_option=option)

    def changed() -> bool:
        top = place.slack.views.top("U0ALICE")
        return top is not None and shown(top.body)[-1]["block_id"] == "language.local"

    await place.slack.until(changed)
    top = place.slack.views.top("U0ALICE")
    assert top is not None
    names = [each["text"]["text"] for each in shown(top.body)[-1]["element"]["options"]]
    assert names == ["Detect automatically", "English", "Spanish"]


async def test_what_failed_in_this_way_is_tried_again_instead_of_counted_anew(place: Workplace) -> None:
    message, job = await done(place)
    await again(place, message, "local", language="es")
    second = (await place.jobs(State.RECEIVED))[0]
    second = await place.store.apply(Received(second).refuse(place.clock.now(), Problem(ProblemCode.PROVIDER_DOWN)))
    second = await place.answer(second)
    assert second.state is State.FAILED
    first = next(each for each in place.ours(message) if job.id in str(each.metadata))
    await place.slack.act_as("U0ALICE", first, "transcribe_again")
    await modal(place, "U0ALICE", "transcribe_again")
    values = {
        "service": {"again_service": {"type": "static_select", "selected_option": {"value": "local"}}},
        "language.local": {"choice": {"type": "static_select", "selected_option": {"value": "es"}}},
    }
    assert await place.slack.submit_as("U0ALICE", values) == {}
    assert [each.id for each in await place.jobs(State.RECEIVED)] == [second.id]
