"""Messages that are forwarded, and links that are unfurled."""

import json

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from simulators.slack.file_store import Upload
from simulators.slack.records import Message
from tests.simulators.slack.peers import App, connected, new_app
from tests.simulators.slack.reality.downloads import RIFF, download


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
    assert await download(slack, http, file["id"]) == (200, RIFF)
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
