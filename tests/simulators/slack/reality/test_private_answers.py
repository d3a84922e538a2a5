"""Where a private answer shows in the real Slack."""

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from simulators.slack import SlackSimulator
from simulators.slack.wire import Json
from tests.simulators.slack.peers import connected, new_app


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
