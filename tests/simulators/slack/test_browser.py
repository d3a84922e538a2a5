"""The page's interface (BROWSER_API.md), spoken as the page speaks it, with a stock bolt app on the other side."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from tests.simulators.slack.peers import client, new_app, options, over_socket
from tests.simulators.slack.test_interactions import BLOCKS, VALUES, modal


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackSimulator]:
    (tmp_path / "jfk.wav").write_bytes(b"RIFF")
    (tmp_path / "index.json").write_text(
        json.dumps(
            [
                {"name": "jfk.wav", "title": "Query not", "licence": "public domain"},
                {"name": "absent.wav", "title": "Not there", "licence": ""},
            ]
        )
    )
    async with SlackSimulator(options(samples=tmp_path, ack_timeout=30.0)) as slack:
        yield slack


class Page:
    """A person's page."""

    def __init__(self, slack: SlackSimulator, http: aiohttp.ClientSession, user: str) -> None:
        self.slack, self.http, self.user = slack, http, user
        self.headers = {"X-Page-Token": slack.options.page_token}

    async def get(self, name: str, /, **query: str) -> dict[str, Any]:
        async with self.http.get(
            f"{self.slack.url}/local/{name}", params={"user": self.user, **query}, headers=self.headers
        ) as answer:
            return cast(dict[str, Any], await answer.json())

    async def post(self, name: str, /, **body: object) -> dict[str, Any]:
        async with self.http.post(
            f"{self.slack.url}/local/{name}", json={"user": self.user, **body}, headers=self.headers
        ) as answer:
            return cast(dict[str, Any], await answer.json())

    async def upload(self, *files: tuple[str, bytes, str], **fields: str) -> dict[str, Any]:
        form = aiohttp.FormData({"user": self.user, **fields}, quote_fields=False, default_to_multipart=True)
        for name, content, mimetype in files:
            form.add_field("file", content, filename=name, content_type=mimetype)
        async with self.http.post(f"{self.slack.url}/local/upload", data=form, headers=self.headers) as answer:
            return cast(dict[str, Any], await answer.json())

    async def live(self) -> "Live":
        live = Live(await self.http.ws_connect(f"{self.slack.url}/local/live?user={self.user}", headers=self.headers))
        assert (await live.next())["type"] == "bot"
        return live


class Live:
    """A page's stream of events."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        return cast(dict[str, Any], await self.socket.receive_json(timeout=60))

    async def of(self, kind: str) -> dict[str, Any]:
        while (event := await self.next())["type"] != kind:
            pass
        return event


@pytest.fixture
def alice(slack: SlackSimulator, http: aiohttp.ClientSession) -> Page:
    return Page(slack, http, "U0ALICE")


@pytest.fixture
def bob(slack: SlackSimulator, http: aiohttp.ClientSession) -> Page:
    return Page(slack, http, "U0BOB")


async def test_the_state_holds_what_a_person_may_see(alice: Page, bob: Page) -> None:
    state = await alice.get("state")
    assert [c["id"] for c in state["channels"]] == ["C0CLINIC", "C0CALLS", "C0GENERAL", "G0BOARD", "D0ALICE"]
    assert [c["id"] for c in (await bob.get("state"))["channels"]][-1] == "D0BOB"
    assert [c["bot_is_member"] for c in state["channels"]] == [True, True, False, True, True]
    assert {user["id"] for user in state["users"]} == {"U0ALICE", "U0BOB", "U0BOT"}
    assert state["samples"] == [{"name": "jfk.wav", "title": "Query not", "licence": "public domain"}]
    assert state["commands"][0]["command"] == "/transcribe"
    assert (state["bot_online"], state["home"], state["me"]["id"]) == (False, None, "U0ALICE")


async def test_what_one_person_says_the_other_sees_live_and_in_history(alice: Page, bob: Page) -> None:
    live = await bob.live()
    said = (await alice.post("message", channel="C0CLINIC", text="hello"))["message"]
    event = await live.next()
    assert (event["type"], event["message"]) == ("message", said)
    assert (await bob.get("history", channel="C0CLINIC"))["messages"] == [said]
    reply = await bob.post("message", channel="C0CLINIC", text="hi", thread_ts=said["ts"])
    thread = (await alice.get("thread", channel="C0CLINIC", ts=said["ts"]))["messages"]
    assert [m["text"] for m in thread] == ["hello", "hi"]
    root = (await live.of("message_changed"))["message"]
    assert (root["reply_count"], root["latest_reply"], root["reply_users"]) == (1, reply["message"]["ts"], ["U0BOB"])


async def test_another_persons_conversations_stay_closed(bob: Page) -> None:
    assert await bob.get("history", channel="G0BOARD") == {"error": "channel_not_found"}
    assert await bob.post("message", channel="G0BOARD", text="let me in") == {"error": "not_in_channel"}


async def test_files_are_dropped_with_a_text_and_read_back(
    alice: Page, slack: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    answer = await alice.upload(
        ("ծանուցում.mp3", b"ID3" * 1000, "audio/mpeg"),
        ("a.txt", b"text" * 1000, "text/plain"),
        channel="C0CLINIC",
        text="two files",
    )
    audio, text = answer["message"]["files"]
    assert (audio["name"], audio["mimetype"], audio["size"]) == ("ծանուցում.mp3", "audio/mpeg", 3000)
    assert text["preview"] == ("text" * 1000)[:2000]
    async with http.get(slack.url + audio["url"], params={"viewer": "U0BOB"}, headers=alice.headers) as download:
        assert await download.read() == b"ID3" * 1000


async def test_a_recording_from_the_page_becomes_a_voice_clip(alice: Page) -> None:
    answer = await alice.upload(("rec.webm", b"\x1aE", "audio/webm"), channel="D0ALICE", kind="slack_audio")
    (file,) = answer["message"]["files"]
    assert (file["subtype"], file["name"], file["mimetype"]) == ("slack_audio", "audio_message.webm", "audio/webm")


async def test_an_upload_into_nowhere_is_refused(alice: Page) -> None:
    assert await alice.upload(("a.txt", b"x", "text/plain"), channel="C0NOWHERE") == {"error": "channel_not_found"}
    assert await alice.upload(channel="C0CLINIC") == {"error": "no_file_data"}


async def test_a_sample_is_posted_by_name_and_nothing_else_is(alice: Page) -> None:
    posted = await alice.post("sample", channel="C0CLINIC", name="jfk.wav")
    assert posted["message"]["files"][0]["title"] == "Query not"
    for name in ("absent.wav", "index.json", "../../etc/passwd"):
        assert await alice.post("sample", channel="C0CLINIC", name=name) == {"error": "sample_not_found"}


async def test_an_ephemeral_answer_reaches_its_person_alone(alice: Page, bob: Page, slack: SlackSimulator) -> None:
    async with over_socket(new_app(slack)) as app:

        @app.bolt.command("/transcribe")
        async def answer(ack: AsyncAck) -> None:
            await ack("only for you")

        live, others = await alice.live(), await bob.live()
        assert await alice.post("command", channel="C0CLINIC", command="/transcribe", text="help") == {}
        message = (await live.of("message"))["message"]
        assert (message["text"], message["ephemeral"], message["bot"]) == ("only for you", True, True)
        assert (await bob.get("history", channel="C0CLINIC"))["messages"] == []
        await bob.post("message", channel="C0CLINIC", text="the first thing Bob sees")
        assert (await others.of("message"))["message"]["user"] == "U0BOB"
        assert len((await alice.get("history", channel="C0CLINIC"))["messages"]) == 2


async def test_slackbot_says_when_no_app_answers(alice: Page) -> None:
    await alice.post("command", channel="C0CLINIC", command="/transcribe", text="")
    (message,) = (await alice.get("history", channel="C0CLINIC"))["messages"]
    assert (message["username"], message["ephemeral"]) == ("Slackbot", True)
    assert await alice.post("command", channel="C0CLINIC", command="/unknown") == {"error": "unknown_command"}


async def test_inviting_the_bot_shows_in_the_channel(alice: Page) -> None:
    live = await alice.live()
    await alice.post("command", channel="C0GENERAL", command="/invite", text="@threadscribe")
    assert (await live.of("channel"))["channel"]["bot_is_member"] is True


async def test_the_bot_is_seen_to_come_and_go(alice: Page, slack: SlackSimulator) -> None:
    live = await alice.live()
    async with over_socket(new_app(slack)):
        assert (await live.next()) == {"type": "bot", "online": True}
        assert (await alice.get("state"))["bot_online"] is True
    assert (await live.next()) == {"type": "bot", "online": False}


async def test_buttons_modals_and_home_work_from_the_page(alice: Page, slack: SlackSimulator) -> None:
    async with over_socket(new_app(slack)) as app:

        @app.bolt.action("retry")
        async def pressed(ack: AsyncAck, body: Any, client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=modal())

        @app.bolt.view("settings")
        async def submitted(ack: AsyncAck, view: Any, client: AsyncWebClient, body: Any) -> None:
            assert view["state"]["values"] == VALUES
            await ack(response_action="errors", errors={"b": "No"})
            home = {"type": "home", "blocks": BLOCKS}
            await client.views_publish(user_id=body["user"]["id"], view=home)

        live = await alice.live()
        posted = await app.bolt.client.chat_postMessage(channel="C0CLINIC", text="x", blocks=BLOCKS)
        button = {"action_id": "retry", "block_id": "buttons", "type": "button", "value": "job-1"}
        assert await alice.post("action", channel="C0CLINIC", ts=posted["ts"], **button) == {}
        view = (await live.of("view_opened"))["view"]
        assert (view["title"]["text"], view["callback_id"]) == ("Settings", "settings")
        answer = await alice.post("view_submit", view_id=view["id"], values=VALUES)
        assert answer == {"errors": {"b": "No"}}
        home = (await live.of("home"))["view"]
        assert home["type"] == "home"
        assert (await alice.get("state"))["home"]["id"] == home["id"]
        assert await alice.post("view_close", view_id=view["id"]) == {}
        assert (await live.of("view_closed"))["view_id"] == view["id"]
        assert await alice.post("view_close", view_id=view["id"]) == {"error": "not_found"}


async def test_an_act_the_app_does_not_answer_is_told_as_slack_tells_it(alice: Page, slack: SlackSimulator) -> None:
    posted = await client(slack).chat_postMessage(channel="C0CLINIC", text="x", blocks=BLOCKS)
    answer = await alice.post(
        "action", channel="C0CLINIC", ts=posted["ts"], action_id="retry", block_id="buttons", type="button"
    )
    assert "trouble connecting" in answer["error"]
    shortcut = await alice.post("shortcut", channel="C0CLINIC", ts=posted["ts"], callback_id="transcribe")
    assert "trouble connecting" in shortcut["error"]


async def test_reactions_edits_and_deletions_are_seen_live(alice: Page, bob: Page, slack: SlackSimulator) -> None:
    live = await bob.live()
    posted = await client(slack).chat_postMessage(channel="C0CLINIC", text="status")
    ts = posted["ts"]
    await bob.post("react", channel="C0CLINIC", ts=ts, name="tada")
    assert (await live.of("reaction"))["reactions"] == [{"name": "tada", "users": ["U0BOB"]}]
    await client(slack).chat_update(channel="C0CLINIC", ts=ts, text="done")
    changed = (await live.of("message_changed"))["message"]
    assert (changed["text"], changed["edited"]) == ("done", True)
    assert await bob.post("delete", channel="C0CLINIC", ts=ts) == {"error": "cant_delete_message"}
    await alice.post("delete", channel="C0CLINIC", ts=ts)
    assert (await live.of("message_deleted"))["ts"] == ts


async def test_a_deleted_file_is_shown_as_gone(alice: Page, bob: Page) -> None:
    live = await alice.live()
    posted = (await bob.upload(("a.txt", b"x", "text/plain"), channel="C0CLINIC"))["message"]
    await bob.post("delete_file", file=posted["files"][0]["id"])
    changed = (await live.of("message_changed"))["message"]
    assert changed["files"][0]["mode"] == "tombstone"


async def test_the_page_and_its_files_are_served_and_nothing_beside_them(
    slack: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    async with http.get(slack.page_url) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    async with http.get(slack.url + "/page/app.js") as answer:
        assert answer.status == 200
    async with http.get(slack.url + "/page/%2e%2e/server.py") as answer:
        assert answer.status == 404


async def test_a_body_that_is_not_json_is_refused(
    alice: Page, slack: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    headers = {"Content-Type": "application/json", **alice.headers}
    async with http.post(slack.url + "/local/message", data=b"{", headers=headers) as answer:
        assert (answer.status, await answer.json()) == (400, {"error": "invalid_json"})
