"""What the real Slack does beyond its documentation: as the simulator's default, or on request."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from simulators.slack.__main__ import parse
from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import UNREADY, Options, Unready
from simulators.slack.records import BOT_USER, Message, Posting
from simulators.slack.rules.refusals import POST_REFUSALS, RESERVE_REFUSALS, SHARE_REFUSALS
from simulators.slack.wire import Json
from tests.simulators.slack.peers import App, client, connected, new_app, options

RIFF = b"RIFF" + bytes(60)


# --- members, limits, latency ---------------------------------------------------------------------------------------


async def test_members_come_in_pages_of_at_most_200_whatever_is_asked(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    added = slack.people.crowd("C0CLINIC", 450)
    sizes: list[int] = []
    found: list[str] = []
    cursor = ""
    while not sizes or cursor:
        page = await web.conversations_members(channel="C0CLINIC", limit=1000, cursor=cursor)
        sizes.append(len(page["members"]))
        found += page["members"]
        cursor = page["response_metadata"]["next_cursor"]
    assert sizes == [200, 200, 53]
    assert set(added) <= set(found)


async def test_history_of_a_distributed_app_is_15_messages_once_in_a_while() -> None:
    async with SlackSimulator(options(limited_history=True, limited_history_period=0.4)) as slack:
        for number in range(20):
            slack.say_as("U0ALICE", "C0CLINIC", str(number))
        web = client(slack)
        first = await web.conversations_history(channel="C0CLINIC", limit=200)
        assert (len(first["messages"]), first["has_more"]) == (15, True)
        with pytest.raises(SlackApiError, match="ratelimited") as caught:
            await web.conversations_history(channel="C0CALLS")
        assert int(caught.value.response.headers["Retry-After"]) >= 1
        await asyncio.sleep(0.45)  # the period itself
        assert (await web.conversations_history(channel="C0CALLS"))["ok"]
        assert (await web.users_info(user="U0BOB"))["ok"]


async def test_latency_is_for_the_methods_it_names(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.options.latency = {"conversations.*": 0.3}
    waiting = asyncio.create_task(web.conversations_members(channel="C0CLINIC"))
    await web.users_info(user="U0BOB")
    assert not waiting.done()
    assert (await waiting)["ok"]


# --- conversations --------------------------------------------------------------------------------------------------


def test_ids_of_new_private_conversations_begin_with_c() -> None:
    slack = SlackSimulator(options())
    for kind, letter in (("mpim", "C"), ("private", "C"), ("public", "C"), ("im", "D")):
        made = slack.workspace.create_channel("new", kind, ["U0ALICE", BOT_USER])  # type: ignore[arg-type]  # each kind
        assert made.id.startswith(letter)


async def test_a_file_of_a_direct_message_may_be_left_out_of_the_list(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    await slack.upload_as("U0ALICE", "D0ALICE", Upload("direct.wav", RIFF))
    both = await slack.upload_as("U0ALICE", "D0ALICE", Upload("both.wav", RIFF))
    slack.people.share("U0ALICE", "C0CLINIC", [slack.workspace.files[both.files[0]]])
    assert {file["name"] for file in (await web.files_list())["files"]} == {"direct.wav", "both.wav"}
    slack.options.files_list_skips_ims = True
    assert [file["name"] for file in (await web.files_list())["files"]] == ["both.wav"]


@pytest.mark.parametrize(
    ("posting", "root", "reply"),
    [
        ("restricted", "restricted_action", "restricted_action"),
        ("read_only", "restricted_action_read_only_channel", "restricted_action_read_only_channel"),
        ("non_threadable", "", "restricted_action_non_threadable_channel"),
        ("thread_only", "restricted_action_thread_only_channel", ""),
    ],
)
async def test_a_channel_may_refuse_posts_replies_or_roots(
    slack: SlackSimulator, web: AsyncWebClient, posting: Posting, root: str, reply: str
) -> None:
    parent = slack.say_as("U0ALICE", "C0CLINIC", "parent")
    slack.workspace.channels["C0CLINIC"].posting = posting
    for error, thread in ((root, None), (reply, parent.ts)):
        if error:
            with pytest.raises(SlackApiError, match=f"'{error}'"):
                await web.chat_postMessage(channel="C0CLINIC", text="x", thread_ts=thread)
        else:
            assert (await web.chat_postMessage(channel="C0CLINIC", text="x", thread_ts=thread))["ok"]
    assert {error for error in (root, reply) if error} <= set(POST_REFUSALS)


async def test_a_reply_under_a_message_that_is_gone_is_refused_or_becomes_a_message_of_the_channel(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    gone = slack.say_as("U0ALICE", "C0CLINIC", "gone")
    slack.people.delete("U0ALICE", "C0CLINIC", gone.ts)
    with pytest.raises(SlackApiError, match="thread_not_found"):
        await web.chat_postMessage(channel="C0CLINIC", text="reply", thread_ts=gone.ts)
    slack.options.orphan_replies = "unthreaded"
    posted = await web.chat_postMessage(channel="C0CLINIC", text="reply", thread_ts=gone.ts)
    assert "thread_ts" not in posted["message"]
    assert [message.text for message in slack.messages("C0CLINIC")] == ["reply"]


# --- private answers ------------------------------------------------------------------------------------------------


async def test_a_private_answer_through_a_response_url_shows_in_the_channel(
    slack: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    for thread, kind, shown in (
        (root.ts, "ephemeral", None),
        (root.ts, "in_channel", root.ts),
        ("", "in_channel", None),
    ):
        url = slack.urls.create("U0ALICE", "C0CLINIC", family="actions", message_ts=root.ts)
        body = {"text": "answer", "response_type": kind} | ({"thread_ts": thread} if thread else {})
        async with http.post(url, json=body) as answer:
            assert answer.status == 200
        (message,) = [m for m in slack.workspace.all_messages() if m.text == "answer"]
        assert message.thread_ts == shown, (thread, kind)
        slack.workspace.delete(message)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_the_answer_to_a_shortcut_in_a_thread_shows_in_the_channel(slack: SlackSimulator, mode: str) -> None:
    app = new_app(slack)

    @app.bolt.shortcut("transcribe")
    async def used(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await ack()
        assert "container" not in body
        await respond("done")

    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    reply = slack.say_as("U0BOB", "C0CLINIC", "reply", root.ts)
    async with connected(app, mode):
        await slack.shortcut_as("U0ALICE", "C0CLINIC", reply.ts, "transcribe")
        await slack.until(lambda: any(m.text == "done" for m in slack.workspace.all_messages()))
    (answer,) = [m for m in slack.workspace.all_messages() if m.text == "done"]
    assert (answer.thread_ts, answer.ephemeral_to) == (None, "U0ALICE")


# --- a menu's options over HTTP -------------------------------------------------------------------------------------


async def test_a_menu_is_filled_over_http_only_from_the_options_load_url(slack: SlackSimulator) -> None:
    app = new_app(slack)

    @app.bolt.options("language")
    async def load(ack: AsyncAck) -> None:
        option = {"text": {"type": "plain_text", "text": "Armenian"}, "value": "hy"}
        await ack(options=[option])

    async with connected(app, "http"):
        assert await slack.interactions.options("U0ALICE", "language", "b", "arm")
        slack.options.options_load_url = ""
        outcome = await slack.delivery.interaction("interactive", {"type": "block_suggestion"})
        assert outcome.failure == "no_options_load_url"
        slack.options.options_load_url = slack.options.request_url + "/elsewhere"
        outcome = await slack.delivery.interaction("interactive", {"type": "block_suggestion"})
        assert outcome.failure == "http_error"


def test_a_manifest_names_the_address_of_each_kind_of_request(tmp_path: Path) -> None:
    manifest: Json = {
        "features": {"slash_commands": [{"command": "/transcribe", "url": "https://bot.example/command"}]},
        "settings": {
            "event_subscriptions": {"request_url": "https://bot.example/events", "bot_events": ["message.im"]},
            "interactivity": {
                "is_enabled": True,
                "request_url": "https://bot.example/actions",
                "message_menu_options_url": "https://bot.example/options",
            },
        },
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    found = SlackSimulator(with_manifest(Options(), path)).events_api
    told = [
        found.address("events_api", {}),
        found.address("slash_commands", {"command": "/transcribe"}),
        found.address("interactive", {"type": "block_actions"}),
        found.address("interactive", {"type": "block_suggestion"}),
    ]
    assert told == [f"https://bot.example/{name}" for name in ("events", "command", "actions", "options")]
    manifest["settings"] |= {"socket_mode_enabled": True}  # type: ignore[operator]  # an object
    path.write_text(json.dumps(manifest))
    assert with_manifest(Options(), path).request_url == ""


# --- Socket Mode ----------------------------------------------------------------------------------------------------


async def _ticket(slack: SlackSimulator) -> str:
    answer = await client(slack, slack.app_token).apps_connections_open(app_token=slack.app_token)
    return str(answer["url"])


async def test_a_failed_handshake_uses_its_address_up(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    slack.fault(Fault("/link/", status=408))
    url = await _ticket(slack)
    for status in (408, 404, 404):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(url)
        assert caught.value.status == status
    async with http.ws_connect(await _ticket(slack)) as socket:
        assert (await socket.receive_json())["type"] == "hello"


async def test_an_unused_address_lapses(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    slack.options.tickets_last = 0.0
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(await _ticket(slack))


async def test_too_many_websockets_closes_the_new_one(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    slack.fault(Fault("/link/", error="too_many_websockets"))
    slack.options.most_sockets = 1
    async with http.ws_connect(await _ticket(slack)) as faulty:
        message = await faulty.receive_json()
        assert (message["type"], message["reason"]) == ("disconnect", "too_many_websockets")
        assert (await faulty.receive()).type is aiohttp.WSMsgType.CLOSE
    async with http.ws_connect(await _ticket(slack)) as first, http.ws_connect(await _ticket(slack)) as second:
        assert (await first.receive_json())["type"] == "hello"
        assert (await second.receive_json())["reason"] == "too_many_websockets"


# --- files that are not ready ---------------------------------------------------------------------------------------


async def _download(slack: SlackSimulator, http: aiohttp.ClientSession, file_id: str) -> tuple[int, bytes]:
    url = f"{slack.url}/files-pri/{slack.options.team_id}-{file_id}/download/a.wav"
    async with http.get(url, headers={"Authorization": f"Bearer {slack.bot_token}"}) as answer:
        return answer.status, await answer.read()


async def _seen(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession, file_id: str
) -> tuple[set[Unready], Json]:
    """Return in which ways a file is incomplete now, as a client sees it, and its `files.info`."""
    forms: set[Unready] = set()
    status, body = await _download(slack, http, file_id)
    forms |= {"http_404"} if status == 404 else set()
    forms |= {"login_page"} if status == 200 and b"Sign in" in body else set()
    try:
        file = (await web.files_info(file=file_id))["file"]
    except SlackApiError as error:
        return forms | {"file_not_found"} if error.response["error"] == "file_not_found" else set(), {}
    forms |= {"no_address"} if "url_private_download" not in file else set()
    forms |= {"size_zero"} if file["size"] == 0 else set()
    forms |= {"no_type"} if not file["mimetype"] and not file["filetype"] else set()
    return forms, file


@pytest.mark.parametrize("form", UNREADY)
async def test_a_file_is_incomplete_for_a_while(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession, form: Unready
) -> None:
    upload = Upload("visit.wav", RIFF, unready=form, unready_seconds=3600)
    file_id = (await slack.upload_as("U0ALICE", "C0CLINIC", upload)).files[0]
    assert (await _seen(slack, web, http, file_id))[0] == {form}
    slack.workspace.files[file_id].ready_at = 0.0
    assert (await _seen(slack, web, http, file_id))[0] == set()
    assert await _download(slack, http, file_id) == (200, RIFF)


@pytest.mark.parametrize("form", UNREADY)
async def test_people_see_what_they_shared_at_once(
    slack: SlackSimulator, http: aiohttp.ClientSession, form: Unready
) -> None:
    upload = Upload("visit.wav", RIFF, unready=form, unready_seconds=3600)
    file_id = (await slack.upload_as("U0ALICE", "C0CLINIC", upload)).files[0]
    address = f"{slack.url}/files-pri/T0LOCAL-{file_id}/visit.wav?viewer=U0ALICE&token={slack.options.page_token}"
    async with http.get(address) as answer:
        assert (answer.status, await answer.read()) == (200, RIFF)


def test_a_workspace_from_the_command_line_has_files_that_are_incomplete_at_first() -> None:
    assert parse([])[0].unready_seconds == 1.0
    assert parse(["--unready-seconds", "0"])[0].unready_seconds == 0.0


async def test_ways_to_be_incomplete_are_drawn_for_each_file_and_end(http: aiohttp.ClientSession) -> None:
    drawn = []
    for _ in range(2):
        async with SlackSimulator(options(unready_seconds=60.0, unready_seed=7)) as slack:
            uploads = [Upload(f"{number}.wav", RIFF) for number in range(60)]
            message = await slack.upload_as("U0ALICE", "C0CLINIC", *uploads)
            files = [slack.workspace.files[name] for name in message.files]
            drawn.append([file.unready for file in files])
            now = asyncio.get_running_loop().time()
            assert all(10 < file.ready_at - now <= 60 for file in files)
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) == set(UNREADY)


async def test_what_the_app_uploads_itself_is_complete_at_once(web: AsyncWebClient, slack: SlackSimulator) -> None:
    slack.options.unready_seconds = 3600
    shared = await web.files_upload_v2(channel="C0CLINIC", content="text", filename="transcript.txt")
    assert shared["files"][0]["url_private"]


# --- the app's own files --------------------------------------------------------------------------------------------


async def _reserved(web: AsyncWebClient, http: aiohttp.ClientSession) -> str:
    answer = await web.files_getUploadURLExternal(filename="t.txt", length=4)
    async with http.post(answer["upload_url"], data=b"text") as put:
        assert put.status == 200
    return str(answer["file_id"])


async def test_a_file_can_be_accepted_and_never_shared(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    slack.fault(Fault("files.completeUploadExternal", unshared=True))
    for shares in (0, 1):
        file_id = await _reserved(web, http)
        done = await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
        assert done["ok"]
        await slack.delivery.settled()
        assert len(slack.workspace.files[file_id].shares) == shares


async def test_completing_twice_is_refused_or_shares_again(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    file_id = await _reserved(web, http)
    await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
    with pytest.raises(SlackApiError, match="file_not_found"):
        await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
    slack.options.completing_twice = "shares_again"
    await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
    await slack.delivery.settled()
    assert [message.files for message in slack.messages("C0CLINIC")] == [[file_id]] * 2


async def test_an_upload_that_is_not_completed_may_be_known(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    file_id = await _reserved(web, http)
    with pytest.raises(SlackApiError, match="file_not_found"):
        await web.files_info(file=file_id)
    slack.options.reserved_is_known = True
    assert (await web.files_info(file=file_id))["file"]["shares"] == {}


@pytest.mark.parametrize("error", sorted({*RESERVE_REFUSALS, *SHARE_REFUSALS}))
async def test_files_are_refused_in_a_channel_or_everywhere(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession, error: str
) -> None:
    file_id = await _reserved(web, http)
    slack.workspace.channels["C0CLINIC"].refuses_files = error
    with pytest.raises(SlackApiError, match=f"'{error}'"):
        await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
    assert (await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CALLS"))["ok"]
    slack.options.uploads_refused = error
    with pytest.raises(SlackApiError, match=f"'{error}'"):
        await web.files_getUploadURLExternal(filename="t.txt", length=4)


# --- forwarded messages ---------------------------------------------------------------------------------------------


async def _forwarded(slack: SlackSimulator, channel: str, *, link: bool = False) -> tuple[App, Message]:
    app = new_app(slack)
    async with connected(app, "socket"):
        original = await slack.upload_as("U0BOB", "C0GENERAL", Upload("visit.m4a", RIFF))
        message = slack.forward_as("U0ALICE", channel, original, "read this", link=link)
        await app.settled()
    return app, message


@pytest.mark.parametrize("channel", ["C0CLINIC", "D0ALICE"])
async def test_a_forwarded_message_carries_its_files_in_attachments(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession, channel: str
) -> None:
    app, message = await _forwarded(slack, channel)
    (event,) = app.events  # no file_shared: it is no share of the file
    (attachment,) = event["attachments"]
    assert "files" not in event
    assert (attachment["is_share"], attachment["is_msg_unfurl"]) == (True, True)
    (file,) = attachment["files"]
    assert file["name"] == "visit.m4a"
    assert await _download(slack, http, file["id"]) == (200, RIFF)
    assert "C0CLINIC" not in json.dumps((await web.files_info(file=file["id"]))["file"]["shares"])
    read = await web.conversations_history(channel=channel)
    assert read["messages"][0]["attachments"] == [attachment]
    assert read["messages"][0]["ts"] == message.ts


async def test_a_pasted_link_is_unfurled_by_a_change_and_is_no_share(slack: SlackSimulator) -> None:
    app, _ = await _forwarded(slack, "C0CLINIC", link=True)
    posted, changed = app.events
    assert "attachments" not in posted
    assert changed["subtype"] == "message_changed"
    (attachment,) = changed["message"]["attachments"]
    assert "is_share" not in attachment
    assert attachment["files"][0]["name"] == "visit.m4a"
