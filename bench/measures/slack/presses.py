"""Buttons and modals in a channel of 30,000 members, with half a second for each of Slack's answers: how soon each is
acknowledged. Slack gives 3 seconds."""

import time
from collections.abc import Awaitable

from bench.measure import Plan, Row, at_most, row
from bot.domain.transcript import Segment, Transcript
from simulators.slack.records import Message
from tests.support.harnesses.slack import Workplace, workplace

MEMBERS, SECONDS_A_CALL = 30_000, 0.5
CLINIC, BOB = "C0CLINIC", "U0BOB"  # Bob did not share the recording, so what he may do is asked of Slack
TALK = Transcript(  # of two speakers: a short one of one speaker has a menu in place of buttons
    (Segment("Good morning.", 0.0, 4.0, "Speaker 1"), Segment("Good morning to you.", 4.0, 8.0, "Speaker 2")),
    language="en",
    seconds=65.0,
    provider="xosum",
)


async def measure(plan: Plan) -> list[Row]:
    """A row for buttons and one for a modal, whose answer has to wait for what Slack says."""
    buttons: list[float] = []
    modals: list[float] = []
    for number in range(plan.rounds):
        async with workplace(plan.directory(f"presses{number}")) as place:
            message, job = await place.upload(CLINIC)
            await place.answer(await place.replying(job, TALK), TALK)
            reply = place.ours(message)[-1]
            place.slack.workspace.channels[CLINIC].members += [
                f"U0M{member}" for member in range(plan.size(MEMBERS, 3_000))
            ]
            place.slack.options.latency = {"*": SECONDS_A_CALL}
            buttons += [
                await took(place.slack.act_as(BOB, reply, action))
                for action in ("delete_transcript", "rename_speakers")
            ]
            modals.append(await renamed(place, reply))
    name = f"{plan.size(MEMBERS, 3_000):,} members, {SECONDS_A_CALL:.1f} s a call"
    return [
        row(f"{name}: a button is acknowledged, slowest", [max(buttons) * 1000], "ms", bar=at_most(1000)),
        row(f"{name}: a modal is acknowledged, slowest", [max(modals) * 1000], "ms", bar=at_most(1000)),
    ]


async def renamed(place: Workplace, reply: Message) -> float:
    """Submit *Rename speakers* when nothing is remembered of its user."""

    def filled() -> bool:
        view = place.slack.views.top(BOB)
        return view is not None and view.body["callback_id"] == "rename_speakers"

    await place.slack.until(filled, 20)
    place.clock.ahead += 61
    values = {"speaker.0": {"name": {"type": "plain_text_input", "value": "Ani"}}}
    return await took(place.slack.submit_as(BOB, values))


async def took(press: Awaitable[object]) -> float:
    """Seconds until Slack had its answer."""
    began = time.perf_counter()
    await press
    return time.perf_counter() - began
