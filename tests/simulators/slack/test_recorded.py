"""Recorded payloads: the simulator's own shapes have every key that Slack's have, and each can be sent to an app."""

import base64
import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from simulators.slack.file_store import Upload
from simulators.slack.wire import Json, as_object, as_objects
from tests.simulators.slack.peers import App, client, connected, new_app, options

PAYLOADS = Path(__file__).parents[2] / "slack" / "payloads"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
CLIP = Upload("audio_message.webm", b"RIFF", subtype="slack_audio")

OF_TRANSCODES = {"aac", "audio_wave_samples", "transcription", "mp4", "hls", "duration_ms"}
"""Keys of media files that Slack fills after it transcoded them; not every recorded file has them."""


def recorded(name: str) -> Json:
    return as_object(json.loads((PAYLOADS / f"{name}.json").read_text()))


def event(name: str) -> Json:
    return as_object(recorded(name)["event"])


def first_file(shown: Json) -> Json:
    return as_objects(shown["files"])[0]


def has_keys(ours: Json, slacks: Json, *, besides: Collection[str] = ()) -> None:
    """Check that everything Slack sends is there, each value of the same JSON type."""
    assert set(slacks) - set(ours) - set(besides) == set()
    kinds = {name: (type(ours[name]), type(slacks[name])) for name in set(ours) & set(slacks)}
    assert {name: kind for name, kind in kinds.items() if kind[0] is not kind[1]} == {}


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(options(control=True)) as slack:
        yield slack


@asynccontextmanager
async def app_of(slack: SlackSimulator, mode: str = "socket") -> AsyncIterator[App]:
    app = new_app(slack)
    async with connected(app, mode):
        yield app


async def of(app: App, kind: str, subtype: str | None = None) -> Json:
    """Return the first event of a kind that the app was sent since it was asked last."""
    await app.settled()
    found = [each for each in app.events if (each["type"], each.get("subtype")) == (kind, subtype)]
    app.events.clear()
    return as_object(found[0])


# --- the simulator's shapes beside the recorded ones ------------------------------------------------------------------


async def test_a_shared_voice_clip_has_the_recorded_keys(slack: SlackSimulator) -> None:
    async with app_of(slack) as app:
        message = await slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
        await app.settled()
        clip = recorded("message_voice_clip_webm")
        has_keys(as_object(app.bodies[0]), clip)
        has_keys(as_objects(app.bodies[0]["authorizations"])[0], as_objects(clip["authorizations"])[0])
        shared, told = app.events
        has_keys(shared, event("message_voice_clip_webm"))
        has_keys(first_file(shared), first_file(event("message_voice_clip_webm")), besides=OF_TRANSCODES)
        has_keys(told, event("file_shared"))
    info = as_object((await client(slack).files_info(file=message.files[0])).data)
    slacks = recorded("files_info_voice_clip_m4a")
    has_keys(info, slacks)
    has_keys(as_object(info["file"]), as_object(slacks["file"]), besides=OF_TRANSCODES)
    (ours,) = as_objects(as_object(as_object(as_object(info["file"])["shares"])["public"])["C0CLINIC"])
    (theirs,) = as_objects(as_object(as_object(as_object(slacks["file"])["shares"])["public"])["C0CLINIC1"])
    has_keys(ours, theirs)


async def test_a_video_a_mention_and_a_group_message_have_the_recorded_keys(slack: SlackSimulator) -> None:
    async with app_of(slack) as app:
        await slack.upload_as("U0ALICE", "C0CLINIC", Upload("visit.mp4", b"RIFF"), text="<@U0BOT>")
        await app.settled()
        shared, mention = app.events[:2]
        has_keys(first_file(shared), first_file(event("message_video_upload")), besides=OF_TRANSCODES)
        has_keys(mention, event("app_mention_with_file"))
        app.events.clear()
        group = slack.workspace.create_channel("mpdm", "mpim", ["U0ALICE", "U0BOT"])
        await slack.upload_as("U0ALICE", group.id, CLIP)
        has_keys(await of(app, "message", "file_share"), event("message_mpim_c_prefixed"))


async def test_files_of_other_organisations_have_the_recorded_keys(slack: SlackSimulator) -> None:
    slack.people.partner("C0CLINIC")
    async with app_of(slack) as app:
        await slack.upload_as("U0PARTNER", "C0CLINIC", Upload("contract.pdf", b"%PDF", connect=True))
        shared = await of(app, "message", "file_share")
        stub = recorded("message_slack_connect_stub")
        has_keys(shared, as_object(stub["event"]))
        assert set(first_file(shared)) == set(first_file(as_object(stub["event"])))
        assert (app.bodies[0]["team_id"], app.bodies[0]["is_ext_shared_channel"]) == ("T0PARTNER", True)
        await slack.upload_as("U0ALICE", "C0CLINIC", Upload("old.wav", mode="hidden_by_limit"))
        hidden = await of(app, "message", "file_share")
        assert set(first_file(event("message_hidden_by_limit"))) <= set(first_file(hidden))


async def test_a_forwarded_clip_has_the_recorded_keys(slack: SlackSimulator) -> None:
    original = await slack.upload_as("U0BOB", "C0GENERAL", CLIP)
    async with app_of(slack) as app:
        slack.forward_as("U0ALICE", "C0CLINIC", original, "can you read this for me")
        shared = await of(app, "message")
        slacks = event("message_forwarded_voice_clip")
        has_keys(shared, slacks)
        ours, theirs = as_objects(shared["attachments"])[0], as_objects(slacks["attachments"])[0]
        has_keys(ours, theirs)
        missing = OF_TRANSCODES | {"shares", "has_more_shares", "comments_count"}
        has_keys(first_file(ours), first_file(theirs), besides=missing)


async def test_deletions_and_changes_have_the_recorded_keys(slack: SlackSimulator) -> None:
    message = await slack.upload_as("U0ALICE", "C0CLINIC", CLIP)
    reply = slack.say_as("U0BOB", "C0CLINIC", "x", message.ts)
    async with app_of(slack) as app:
        slack.people.delete("U0ALICE", "C0CLINIC", message.ts)
        await app.settled()
        gone = [as_object(each) for each in app.events if each["type"] == "file_deleted"]
        has_keys(gone[0], event("file_deleted"))
        changed, slacks = await of(app, "message", "message_changed"), event("message_changed_tombstone")
        has_keys(changed, slacks)
        for part in ("message", "previous_message"):
            has_keys(as_object(changed[part]), as_object(slacks[part]), besides={"subtype"})
        slack.people.delete("U0BOB", "C0CLINIC", reply.ts)
        has_keys(await of(app, "message", "message_deleted"), event("message_deleted"))
        slack.people.invite_bot("U0ALICE", "C0GENERAL")
        has_keys(await of(app, "member_joined_channel"), event("member_joined_channel_bot"))


async def test_presses_and_shortcuts_have_the_recorded_keys(slack: SlackSimulator) -> None:
    seen: dict[str, Json] = {}
    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    button = {"type": "button", "action_id": "retry_job", "value": "1", "text": {"type": "plain_text", "text": "Retry"}}
    posted = await client(slack).chat_postMessage(
        channel="C0CLINIC", text="x", thread_ts=root.ts, blocks=[{"type": "actions", "elements": [button]}]
    )
    async with app_of(slack) as app:

        @app.bolt.middleware
        async def keep(body: Json, next_: object = None) -> None:
            seen[str(body["type"])] = body

        message = slack.workspace.message("C0CLINIC", str(posted["ts"]))
        assert message is not None
        await slack.act_as("U0ALICE", message, "retry_job")
        await slack.shortcut_as("U0ALICE", "C0CLINIC", message.ts, "transcribe")
    pressed, slacks = seen["block_actions"], recorded("block_actions_in_thread")
    has_keys(pressed, slacks)
    for part in ("user", "container", "channel", "team"):
        has_keys(as_object(pressed[part]), as_object(slacks[part]))
    has_keys(as_objects(pressed["actions"])[0], as_objects(slacks["actions"])[0])
    has_keys(seen["message_action"], recorded("message_action_in_thread"))
    assert "container" not in seen["message_action"]
    shown, slacks_shown = seen["message_action"]["message"], recorded("message_action_in_thread")["message"]
    has_keys(as_object(shown), as_object(slacks_shown), besides={"files", "upload", "display_as_bot"})


# --- recorded payloads sent to an app ---------------------------------------------------------------------------------

EVENTS = [name for name in NAMES if "event" in recorded(name)]


def test_every_payload_has_its_source_beside_it() -> None:
    sources = (PAYLOADS / "SOURCES.md").read_text()
    assert [name for name in NAMES if name not in sources] == []


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("name", EVENTS)
async def test_a_recorded_event_reaches_the_app_as_it_was(slack: SlackSimulator, name: str, mode: str) -> None:
    payload = recorded(name)
    async with app_of(slack, mode) as app:
        outcome = await slack.recorded.send(payload)
        assert outcome.acknowledged
        assert app.bodies == [payload]


@pytest.mark.parametrize("name", EVENTS)
async def test_a_played_event_names_this_workspace_and_what_it_names_is_there(slack: SlackSimulator, name: str) -> None:
    async with app_of(slack) as app:
        assert (await slack.recorded.play(recorded(name), b"RIFF")).acknowledged
        (told,) = app.events
    body = app.bodies[0]
    assert body["authorizations"][0] | {"team_id": "T0LOCAL", "user_id": "U0BOT"} == body["authorizations"][0]
    assert body["api_app_id"] == slack.options.app_id
    assert set(told) == set(event(name))
    assert "files.slack.com" not in json.dumps(body)
    web = client(slack)
    channel = told.get("channel") or told.get("channel_id") or told["channel_ids"][0]
    assert "U0BOT" in slack.workspace.channels[channel].members
    nested = [file for each in as_objects(told.get("attachments")) for file in as_objects(each.get("files"))]
    for file in [*as_objects(told.get("files")), *nested]:
        shown = (await web.files_info(file=str(file["id"])))["file"]
        assert shown["id"] == file["id"]
        if "url_private_download" in file:
            assert shown["url_private_download"] == file["url_private_download"]
    if told["type"] == "message" and told.get("thread_ts") and not told.get("subtype"):
        thread = await web.conversations_replies(channel=channel, ts=told["thread_ts"])
        assert [message["ts"] for message in thread["messages"]] == [told["thread_ts"], told["ts"]]


@pytest.mark.parametrize("name", ["block_actions_in_thread", "message_action_in_thread"])
async def test_a_played_interaction_can_be_answered_here(slack: SlackSimulator, name: str) -> None:
    async with app_of(slack) as app:

        @app.bolt.middleware
        async def answer(body: Json, ack: AsyncAck, respond: AsyncRespond, client: AsyncWebClient) -> None:
            await ack()
            await respond("answered")
            view = {"type": "modal", "title": {"type": "plain_text", "text": "Opened"}, "blocks": []}
            await client.views_open(trigger_id=str(body["trigger_id"]), view=view)

        await slack.recorded.play(recorded(name))
        await slack.until(lambda: slack.views.top("U0ALICE01") is not None)
    (said,) = [m for m in slack.workspace.all_messages() if m.text == "answered"]
    assert (said.channel, said.ephemeral_to) == ("C0CLINIC1", "U0ALICE01")
    assert "U0ALICE01" in slack.workspace.channels["C0CLINIC1"].members


async def test_another_process_can_have_a_recorded_event_sent(slack: SlackSimulator) -> None:
    body = {"payload": recorded("message_voice_clip_webm"), "content_base64": base64.b64encode(b"RIFF").decode()}
    async with app_of(slack) as app, aiohttp.ClientSession() as http:
        for raw, channel_team in ((True, "T0CLINIC1"), (False, "T0LOCAL")):
            async with http.post(f"{slack.url}/control/recorded", json=body | {"raw": raw}) as answer:
                assert (await answer.json())["acknowledged"]
            assert app.bodies[-1]["team_id"] == channel_team
