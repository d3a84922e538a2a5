"""Forged presses: what somebody sends about conversations that they are not in shows nothing and changes nothing.

Bob is in no private channel of Alice's, and her direct messages are not his. He presses every button that the bot
listens to, submits every modal, and types every command, with the ids of her recordings and conversations in them.
"""

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest
import structlog

from bot.domain.job import Job
from bot.ports.store import AuditAction, AuditFilter, ChannelSettings
from simulators.slack.records import Message
from simulators.slack.wire import Json
from tests.slack.interaction.offers import OFFERS
from tests.slack.interaction.test_permissions import BOARD, CLINIC, SECRET, told
from tests.support.harnesses.slack import Workplace, spoken, workplace

STRANGER, DIRECT = "U0BOB", "D0ALICE"
SECRETS = ("merger", "Nightingale", "Board meeting")
OPEN_TO_ALL = {AuditAction.SEARCHED, AuditAction.VIEWED}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with workplace(tmp_path, offers=OFFERS) as found:
        yield found


def values(jobs: list[Job]) -> list[str]:
    """What a button may carry: a job in every form that the bot's own buttons have, and conversations."""
    found = [
        BOARD,
        DIRECT,
        "",
        "x" * 2000,
        "{}",
        "[",
        json.dumps({"channel": BOARD}),
        json.dumps({"before": 1e300, "seen": 1e300}),
    ]
    for job in jobs:
        found += [
            job.id,
            f"{job.id}.txt",
            f"{job.id}.1",
            f"download.{job.id}",
            f"{job.id}:{job.origin.channel_id}",
            json.dumps({"job": job.id, "channel": job.origin.channel_id, "list": "channel", "words": "nightingale"}),
            job.origin.message_ts,
            job.origin.file_id,
        ]
    return found


async def state(place: Workplace, jobs: list[Job]) -> object:
    """All that must be as it was."""
    return (
        [asdict(job) for job in await place.jobs()],
        [await place.store.transcript(job.id) for job in jobs],
        [await place.store.speaker_names(job.id) for job in jobs],
        [await place.store.channel_settings("T0LOCAL", channel) for channel in (BOARD, DIRECT)],
        [(m.ts, m.text, str(m.blocks)) for channel in (BOARD, DIRECT) for m in place.slack.messages(channel)],
    )


def read_by(place: Workplace, user: str) -> str:
    """Everything that this person can see of the bot's: messages, modals, their Home."""
    mine = [m for m in place.slack.workspace.all_messages() if m.ephemeral_to == user or m.channel == CLINIC]
    views = [place.slack.views.top(user), place.slack.views.homes.get(user)]
    return " ".join([f"{m.text} {m.blocks}" for m in mine] + [str(view.body) for view in views if view is not None])


def button(action_id: str, kind: str, value: str) -> Json:
    chosen = {"text": {"type": "plain_text", "text": "x"}, "value": value}
    return {"action_id": action_id, "block_id": "b", "type": kind, "value": value, "selected_option": chosen}


async def test_a_stranger_s_forged_presses_show_nothing_and_change_nothing(place: Workplace) -> None:
    jobs = [await told(place, BOARD), await told(place, DIRECT)]
    harmless = spoken("Good morning.", title="Hello")
    public = await told(place, CLINIC, harmless, user=STRANGER)
    (shown,) = [
        m for m in place.slack.replies(CLINIC, public.origin.thread_ts) if "threadscribe_reply" in str(m.metadata)
    ]
    before = await state(place, [*jobs, public])
    listeners = place.room.listeners()
    tries = 0
    numbers = ("1e300", "1e30", "Infinity", "-1", '"x"', "NaN", "true")
    odd = [f'{{"words": "cough", "before": {each}}}' for each in numbers]
    with structlog.testing.capture_logs() as logged:
        for action_id, value in itertools.product(("search_older", "list_older", "audit_older"), odd):
            await pressed(place, shown, button(action_id, "button", value))
        await place.room.background.drain(20)
    assert [line for line in logged if line["log_level"] in ("error", "critical")] == []
    for action_id, value in itertools.product(listeners.actions, values(jobs)):
        tries += await pressed(place, shown, button(action_id, "button", value))
    presses = tries
    for callback_id, value in itertools.product(listeners.submissions, values(jobs)):
        tries += await submitted(place, callback_id, value)
    typed = ("status {job}", "retry {job}", "cancel {job}", "search nightingale", "list", "list channel", "list failed")
    for words, job in itertools.product(typed, jobs):
        await place.slack.command_as(STRANGER, CLINIC, "/transcribe", words.format(job=job.id))
        tries += 1
    for where, words in itertools.product((BOARD, DIRECT), ("list channel", "settings", "audit", "search nightingale")):
        tries += await typed_elsewhere(place, where, words)
    await place.room.background.drain()
    await place.slack.delivery.settled()
    assert presses == len(listeners.actions) * 24
    assert tries >= 600
    said = read_by(place, STRANGER)
    assert [word for word in SECRETS if word in said.replace("nightingale", "")] == []
    assert await state(place, [*jobs, public]) == before
    noted = await place.store.audit(AuditFilter())
    assert {entry.action for entry in noted if entry.channel_id != CLINIC} - OPEN_TO_ALL == set()


async def pressed(place: Workplace, message: Message, action: Json) -> int:
    """One try; what counts is what comes of it, not how soon it is acknowledged on a busy machine."""
    await place.slack.interactions.message_action(STRANGER, message.channel, message.ts, action)
    return 1


async def submitted(place: Workplace, callback_id: str, value: str) -> int:
    """Two tries: a modal that nobody opened, whose metadata names somebody else's recording or conversation."""
    for metadata in (value, json.dumps({"job": value, "channel": value, "home": True})):
        field: Json = {"type": "plain_text_input", "value": "Mallory", "selected_option": {"value": "xosum"}}
        view: Json = {
            "id": "V0FORGED",
            "type": "modal",
            "callback_id": callback_id,
            "private_metadata": metadata,
            "state": {"values": {"settings_service": {"settings_service": field}, "speaker.0": {"name": field}}},
        }
        body: Json = {
            "type": "view_submission",
            "team": {"id": "T0LOCAL"},
            "user": {"id": STRANGER, "team_id": "T0LOCAL"},
            "api_app_id": "A0LOCAL",
            "view": view,
        }
        response = await place.room.entrance.dispatch(body)
        assert response.status == 200, response.body
    return 2


async def typed_elsewhere(place: Workplace, channel: str, words: str) -> bool:
    """A command whose `channel_id` names a conversation that its user is not in."""
    body: Json = {
        "command": "/transcribe",
        "text": words,
        "team_id": "T0LOCAL",
        "user_id": STRANGER,
        "channel_id": channel,
        "api_app_id": "A0LOCAL",
        "trigger_id": place.slack.views.trigger(STRANGER),
        "response_url": place.slack.interactions.urls.create(STRANGER, CLINIC, family="commands"),
    }
    return (await place.room.entrance.dispatch(body)).status == 200


async def test_a_forged_channel_opens_no_settings(place: Workplace) -> None:
    await typed_elsewhere(place, BOARD, "settings")
    await place.slack.until(lambda: "You are not in this conversation" in str(place.slack.views.top(STRANGER)))
    assert await place.store.channel_settings("T0LOCAL", BOARD) == ChannelSettings()
    assert SECRET.title is not None
