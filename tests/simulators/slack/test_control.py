"""The workspace as a process of its own, steered over HTTP; and read from a manifest."""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import Options
from simulators.slack.control.acts import ControlActs
from simulators.slack.control.faults import ControlFaults
from simulators.slack.control.routes import ControlRoutes
from simulators.slack.faults import Fault
from simulators.slack.local_page.samples import Samples
from simulators.slack.manifest import with_manifest

ROOT = Path(__file__).parents[3]


class Process:
    """A workspace in another process."""

    def __init__(self, told: dict[str, Any], http: aiohttp.ClientSession) -> None:
        self.told, self.http = told, http
        self.web = AsyncWebClient(token=told["bot_token"], base_url=told["api_url"], retry_handlers=[])

    async def __call__(self, name: str, /, **body: object) -> dict[str, Any]:
        async with self.http.post(f"{self.told['url']}/control/{name}", json=body) as answer:
            return cast(dict[str, Any], await answer.json())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def process() -> AsyncIterator[Process]:
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators.slack", "--port", "0", "--retry-delays", "0,0.05", "--control",
        "--unready-seconds", "0",
        stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert running.stdout is not None
    told = json.loads(await running.stdout.readline())
    async with aiohttp.ClientSession() as http:
        yield Process(told, http)
    running.terminate()
    assert await running.wait() == 0


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_prints_its_address_and_tokens_on_one_line(process: Process) -> None:
    assert set(process.told) >= {"url", "api_url", "bot_token", "app_token", "signing_secret"}
    assert (await process("info"))["sockets"] == 0
    assert (await process.web.auth_test())["ok"]


async def test_people_act_over_http(process: Process) -> None:
    said = (await process("say", user="U0ALICE", channel="C0CALLS", text="hello"))["message"]
    content = base64.b64encode(b"RIFF").decode()
    file = {"name": "a.wav", "content_base64": content}
    posted = await process("upload", user="U0BOB", channel="C0CALLS", files=[file], thread_ts=said["ts"])
    assert posted["message"]["files"][0]["size"] == 4
    big = {"name": "big.wav", "content_base64": content, "size": 1 << 30}
    shared = (await process("upload", user="U0BOB", channel="C0CALLS", files=[big]))["message"]
    assert shared["files"][0]["size"] == 1 << 30
    again = await process("share", user="U0BOB", channel="C0CLINIC", files=[shared["files"][0]["id"]])
    assert again["message"]["files"][0]["id"] == shared["files"][0]["id"]
    await process("edit", user="U0ALICE", channel="C0CALLS", ts=said["ts"], text="changed")
    await process("react", user="U0BOB", channel="C0CALLS", ts=said["ts"], name="eyes")
    root, other = (await process("messages", channel="C0CALLS"))["messages"]
    assert (root["text"], root["reactions"][0]["name"], root["reply_count"]) == ("changed", "eyes", 1)
    assert (await process("file", file=shared["files"][0]["id"]))["file"]["size"] == 1 << 30
    await process("delete", user="U0BOB", channel="C0CALLS", ts=other["ts"])
    assert len((await process("messages", channel="C0CALLS"))["messages"]) == 1
    assert (await process("messages", channel="C0CALLS", ts=root["ts"]))["messages"][0]["files"]


async def test_faults_are_set_counted_and_cleared_over_http(process: Process) -> None:
    fault = await process("fault", match="chat.postMessage", times=None, status=429, retry_after=3)
    for _ in range(2):
        with pytest.raises(SlackApiError):
            await process.web.chat_postMessage(channel="C0CLINIC", text="x")
    assert (await process("faults"))["faults"][0]["seen"] == 2
    await process("clear_faults", id=fault["id"])
    await process.web.chat_postMessage(channel="C0CLINIC", text="x")
    once = await process("fault", match="chat.postMessage", error="fatal_error")
    assert once["id"] > fault["id"]
    with pytest.raises(SlackApiError):
        await process.web.chat_postMessage(channel="C0CLINIC", text="x")
    await process.web.chat_postMessage(channel="C0CLINIC", text="x")
    assert (await process("fault", match="x", colour="red")) == {"error": "invalid_fault", "unknown": ["colour"]}
    assert (await process("fault", match="x", delay="long"))["unknown"] == ["delay"]
    assert (await process("fault", match="x", cut="sideways"))["unknown"] == ["cut"]
    assert (await process("fault"))["error"] == "invalid_fault"


async def test_every_field_of_a_fault_can_be_set_over_http(process: Process) -> None:
    usual: dict[type, object] = {bool: True, str: "x", float: 1.5, int: 2}
    named = {"match": "/nowhere", "times": 1, "content_length": 1, "truncate": 1, "retry_after": 1, "body": "x"}
    named |= {"content_type": "audio/mp4", "hold": "before", "cut": "later"}
    shown = {each.name: named.get(each.name, usual.get(type(each.default))) for each in fields(Fault)}
    body = {name: value for name, value in shown.items() if name not in {"id", "seen", "released"}}
    await process("clear_faults")
    answer = await process("fault", **body)
    assert answer.get("unknown") is None
    (fault,) = (await process("faults"))["faults"]
    assert fault == body | {"id": answer["id"], "seen": 0}
    await process("clear_faults")


async def test_a_name_that_is_no_choice_is_refused_over_http(process: Process) -> None:
    clinic = {"user": "U0ALICE", "channel": "C0CLINIC"}
    for name, body in (
        ("delivery", {"flow": "of"}),
        ("delivery", {"file_order": "files_first"}),
        ("channel", {"name": "x", "kind": "secret"}),
        ("channel", {"channel": "C0CLINIC", "posting": "readonly"}),
        ("upload", clinic | {"files": [{"name": "a.wav", "mode": "extern"}]}),
        ("upload", clinic | {"files": [{"name": "a.wav", "unready": "404"}]}),
    ):
        assert (await process(name, **body))["error"] == "unknown_choice", (name, body)
    for wrong in ({"completing_twice": "maybe"}, {"rate_limits": "false"}, {"members_page": 1.5}):
        assert (await process("tune", **wrong))["error"] == "unknown_option"


async def test_the_ledger_and_waiting_over_http(process: Process) -> None:
    await process("clear_ledger")
    waiting = asyncio.create_task(process("wait", method="auth.test", count=2, finished=True))
    await process.web.auth_test()
    await process.web.auth_test()
    assert await waiting == {"met": True}
    ledger = await process("ledger", method="auth.test")
    assert [entry["token"] for entry in ledger["entries"]] == ["bot", "bot"]
    assert (ledger["counts"], ledger["strays"]) == ({"auth.test": 2}, [])
    assert await process("wait", method="auth.test", count=3, timeout=0.05) == {"met": False}
    assert (await process("wait"))["error"] == "nothing_to_wait_for"


async def test_delivery_channels_membership_and_options_over_http(process: Process) -> None:
    await process("delivery", flow="drop", repeats=2, file_order="file_first")
    before = len((await process("deliveries"))["deliveries"])
    await process("say", user="U0ALICE", channel="C0CALLS", text="unheard")
    assert len((await process("deliveries"))["deliveries"]) == before
    await process("delivery", flow="on", repeats=1)
    await process("say", user="U0ALICE", channel="C0CALLS", text="heard")
    assert await process("wait", settled=True) == {"met": True}
    (last,) = (await process("deliveries"))["deliveries"][before:]
    assert last["outcomes"] == ["no_connection"] * 3
    made = (await process("channel", name="ward", kind="private", members=["U0BOB"]))["channel"]
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await process.web.chat_postMessage(channel=made, text="x")
    await process("membership", channel=made)
    await process.web.chat_postMessage(channel=made, text="x")
    await process("channel", channel=made, archived=True)
    with pytest.raises(SlackApiError, match="is_archived"):
        await process.web.chat_postMessage(channel=made, text="x")
    await process("membership", channel=made, leave=True)
    await process("tune", uploads_refused="storage_limit_reached", retry_delays=[0])
    with pytest.raises(SlackApiError, match="storage_limit_reached"):
        await process.web.files_getUploadURLExternal(filename="a", length=1)
    assert (await process("tune", colour="red"))["error"] == "unknown_option"


async def test_access_is_taken_and_given_back_over_http(process: Process) -> None:
    await process("revoke")
    with pytest.raises(SlackApiError, match="token_revoked"):
        await process.web.auth_test()
    await process("uninstall")
    with pytest.raises(SlackApiError, match="account_inactive"):
        await process.web.auth_test()
    await process("reinstall", scopes=["chat:write"])
    with pytest.raises(SlackApiError, match="missing_scope"):
        await process.web.users_list()
    assert await process("disconnect") == {"sockets": 0}


async def test_a_bad_request_is_told_and_not_a_crash(process: Process) -> None:
    assert (await process("say", user="U0ALICE"))["error"] == "invalid_arguments"
    assert (await process("say", user="U0ALICE", channel="C0NOWHERE", text="x"))["error"] == "channel_not_found"
    async with process.http.post(f"{process.told['url']}/control/say", json=[]) as answer:
        assert answer.status == 400
    bad = {"name": "a", "content_base64": "***"}
    assert (await process("upload", user="U0ALICE", channel="C0CLINIC", files=[bad]))["error"] == "invalid_content"


async def test_a_port_that_is_taken_is_one_line_and_not_a_trace(process: Process) -> None:
    port = process.told["url"].rpartition(":")[2]
    second = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators.slack", "--port", port, stderr=asyncio.subprocess.PIPE, cwd=ROOT
    )
    _, errors = await second.communicate()
    assert second.returncode == 1
    assert errors.decode().startswith("The workspace could not start: ")
    assert len(errors.splitlines()) == 1


async def test_every_act_says_what_it_takes() -> None:
    classes = (ControlRoutes, ControlActs, ControlFaults)
    acts = [act for each in classes for name, act in vars(each).items() if not name.startswith("_")]
    assert len(acts) > 30
    assert all(act.__doc__ for act in acts)


async def test_scopes_events_commands_and_shortcuts_come_from_a_manifest(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yml"
    manifest.write_text(
        """
features:
  slash_commands:
    - {command: /transcribe, description: Transcribe, usage_hint: "[status]"}
  shortcuts:
    - {callback_id: transcribe, name: Transcribe, type: message}
    - {callback_id: open, name: Open, type: global}
oauth_config: {scopes: {bot: ["chat:write", "files:read"]}}
settings: {event_subscriptions: {bot_events: [message.channels]}}
"""
    )
    options = with_manifest(Options(), manifest)
    assert options.scopes == ("chat:write", "files:read")
    assert options.events == ("message.channels",)
    assert [command.usage_hint for command in options.commands] == ["[status]"]
    assert [(shortcut.callback_id, shortcut.kind) for shortcut in options.shortcuts] == [
        ("transcribe", "message"),
        ("open", "global"),
    ]
    manifest.write_text("- a list")
    with pytest.raises(ValueError, match="not an app manifest"):
        with_manifest(Options(), manifest)


async def test_samples_may_lack_an_index_or_a_directory(tmp_path: Path) -> None:
    assert Samples(tmp_path / "absent").listing() == []
    (tmp_path / "a.mp3").write_bytes(b"x")
    (tmp_path / "README.md").write_text("x")
    assert [entry["name"] for entry in Samples(tmp_path).listing()] == ["a.mp3"]
