"""The options of a menu, asked for over HTTP."""

import json
from pathlib import Path

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck

from simulators.slack import SlackSimulator
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.wire import Json, SlackError
from tests.simulators.slack.peers import connected, new_app


async def test_a_menu_is_filled_over_http_only_from_the_options_load_url(slack: SlackSimulator) -> None:
    app = new_app(slack)

    @app.bolt.options("language")
    async def load(ack: AsyncAck) -> None:
        option = {"text": {"type": "plain_text", "text": "Armenian"}, "value": "hy"}
        await ack(options=[option])

    async with connected(app, "http"):
        assert await slack.interactions.options("U0ALICE", "language", "b", "arm")
        slack.options.options_load_url = ""
        outcome = await slack.delivery.once("interactive", {"type": "block_suggestion"})
        assert outcome.failure == "no_options_load_url"
        slack.options.options_load_url = slack.options.request_url + "/elsewhere"
        outcome = await slack.delivery.once("interactive", {"type": "block_suggestion"})
        assert outcome.failure == "http_error"


async def test_options_that_slack_does_not_take_are_refused(slack: SlackSimulator) -> None:
    app = new_app(slack)
    answers: list[list[Json]] = []

    @app.bolt.options("language")
    async def load(ack: AsyncAck) -> None:
        await ack(options=answers.pop())

    def option(text: str = "Armenian", value: str = "hy", kind: str = "plain_text") -> Json:
        return {"text": {"type": kind, "text": text}, "value": value}

    good: list[list[Json]] = [[], [option("x" * 75)], [option(value=str(n)) for n in range(100)]]
    bad: list[list[Json]] = [
        [option("x" * 76)],
        [option(kind="mrkdwn")],
        [option(value="")],
        [option(value=str(n)) for n in range(101)],
    ]
    async with connected(app, "socket"):
        for answer in good:
            answers.append(answer)
            assert await slack.interactions.options("U0ALICE", "language", "b", "arm") == answer
        for answer in bad:
            answers.append(answer)
            with pytest.raises(SlackError, match="invalid_options"):
                await slack.interactions.options("U0ALICE", "language", "b", "arm")


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
