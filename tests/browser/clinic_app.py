"""A small Slack app (Bolt, Socket Mode) that uses what the page must draw; it stands for any app, not for ours."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

Json = dict[str, Any]  # Bolt's payloads are open by nature; the tests read single fields


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(text: str, value: str) -> Json:
    return {"text": plain(text), "value": value}


REPLY: list[Json] = [
    {"type": "header", "text": plain("Sleep and cough")},
    {"type": "section", "text": mrkdwn("*Highlights*\n• She sleeps better.\n• The cough is _dry_.")},
    {"type": "context", "elements": [mrkdwn("11 s · English · 2 speakers")]},
    {"type": "divider"},
    {"type": "section", "text": mrkdwn("*[00:00]* Good morning. &lt;b&gt;Not bold&lt;/b&gt; &amp; so on.")},
    {
        "type": "actions",
        "block_id": "job",
        "elements": [
            {
                "type": "static_select",
                "action_id": "download",
                "placeholder": plain("Download"),
                "options": [option("Plain text", "txt"), option("Subtitles", "srt"), option("Word", "docx")],
            },
            {"type": "button", "action_id": "rename", "text": plain("Rename speakers"), "value": "42"},
            {
                "type": "overflow",
                "action_id": "again",
                "options": [option("Again in Spanish", "es"), option("Again in French", "fr")],
            },
            {
                "type": "button",
                "action_id": "delete",
                "style": "danger",
                "text": plain("Delete"),
                "value": "42",
                "confirm": {
                    "title": plain("Delete this transcript?"),
                    "text": mrkdwn("It will be gone for *everybody*."),
                    "confirm": plain("Delete"),
                    "deny": plain("Keep"),
                    "style": "danger",
                },
            },
        ],
    },
]

SETTINGS: Json = {
    "type": "modal",
    "callback_id": "settings",
    "title": plain("Channel settings"),
    "submit": plain("Save"),
    "close": plain("Cancel"),
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "name",
            "label": plain("Speaker 1"),
            "hint": plain("As it should appear."),
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
        {
            "type": "input",
            "block_id": "language",
            "label": plain("Language"),
            "element": {"type": "external_select", "action_id": "locale", "min_query_length": 1},
        },
        {
            "type": "input",
            "block_id": "start",
            "label": plain("Start"),
            "element": {
                "type": "radio_buttons",
                "action_id": "mode",
                "initial_option": option("Every recording", "auto"),
                "options": [option("Every recording", "auto"), option("On request", "request")],
            },
        },
        {
            "type": "input",
            "block_id": "show",
            "optional": True,
            "label": plain("Show"),
            "element": {
                "type": "checkboxes",
                "action_id": "parts",
                "options": [option("Speakers", "speakers"), option("Timestamps", "times")],
            },
        },
        {
            "type": "input",
            "block_id": "who",
            "optional": True,
            "label": plain("Who may change this"),
            "element": {"type": "multi_users_select", "action_id": "people"},
        },
        {
            "type": "input",
            "block_id": "since",
            "optional": True,
            "label": plain("Since"),
            "element": {"type": "datepicker", "action_id": "day"},
        },
        {
            "type": "actions",
            "block_id": "more",
            "elements": [{"type": "button", "action_id": "advanced", "text": plain("Advanced…")}],
        },
    ],
}

ADVANCED: Json = {
    "type": "modal",
    "callback_id": "advanced",
    "title": plain("Advanced"),
    "close": plain("Back"),
    "blocks": [{"type": "section", "text": mrkdwn("Nothing here *yet*.")}],
}

LANGUAGES = ("Armenian", "English", "French", "Spanish")


class ClinicApp:
    """`async with ClinicApp(...)` connects it; what people did with it is in the lists."""

    def __init__(self, api_url: str, bot_token: str, app_token: str) -> None:
        client = AsyncWebClient(token=bot_token, base_url=api_url)
        self.bolt = AsyncApp(client=client, process_before_response=True)
        self.client = client
        self.handler = AsyncSocketModeHandler(self.bolt, app_token)
        self.actions: list[Json] = []
        self.submitted: list[Json] = []
        self.closed: list[str] = []
        self.commands: list[str] = []
        self.shortcuts: list[Json] = []
        self._register()

    async def __aenter__(self) -> Self:
        await self.handler.connect_async()  # type: ignore[no-untyped-call]  # the SDK leaves it unannotated
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.handler.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it unannotated

    def _register(self) -> None:
        bolt = self.bolt

        @bolt.event("message")
        async def message(event: Json) -> None:
            if event.get("subtype") == "file_share":
                await self.client.reactions_add(channel=event["channel"], timestamp=event["ts"], name="eyes")
                root = event.get("thread_ts") or event["ts"]
                names = ", ".join(file["name"] for file in event["files"])
                await self.client.chat_postMessage(
                    channel=event["channel"], thread_ts=root, text=f"Sleep and cough ({names})", blocks=REPLY
                )

        @bolt.event("app_mention")
        async def mentioned(event: Json) -> None:
            root = event.get("thread_ts") or event["ts"]
            await self.client.chat_postMessage(channel=event["channel"], thread_ts=root, text="You called?")

        @bolt.event("file_shared")
        async def file_shared() -> None:
            """Only acknowledged: the message carries the file."""

        @bolt.event("member_joined_channel")
        async def joined(event: Json) -> None:
            await self.client.chat_postMessage(channel=event["channel"], text="Thank you for the invitation.")

        @bolt.event("app_home_opened")
        async def home(event: Json) -> None:
            await self.client.views_publish(user_id=event["user"], view=self.home(0))

        @bolt.command("/transcribe")
        async def transcribe(ack: Any, body: Json) -> None:
            self.commands.append(body["text"])
            if body["text"] == "settings":
                await ack()
                await self.client.views_open(trigger_id=body["trigger_id"], view=SETTINGS)
            else:
                await ack(text=f"Nothing is running for <@{body['user_id']}>.")

        @bolt.shortcut("transcribe")
        async def shortcut(ack: Any, body: Json) -> None:
            await ack()
            self.shortcuts.append(body)
            ts = body["message"]["ts"]
            await self.client.chat_postMessage(channel=body["channel"]["id"], thread_ts=ts, text="On it.")

        @bolt.options("locale")
        async def locales(ack: Any, payload: Json) -> None:
            typed = payload["value"].lower()
            await ack(options=[option(name, name.lower()) for name in LANGUAGES if typed in name.lower()])

        @bolt.action("count")
        async def count(ack: Any, body: Json) -> None:
            await ack()
            number = int(body["actions"][0]["value"])
            await self.client.views_publish(user_id=body["user"]["id"], view=self.home(number))

        @bolt.action("advanced")
        async def advanced(ack: Any, body: Json) -> None:
            await ack()
            await self.client.views_push(trigger_id=body["trigger_id"], view=ADVANCED)

        @bolt.action("rename")
        async def rename(ack: Any, body: Json) -> None:
            await ack()
            await self.client.views_open(trigger_id=body["trigger_id"], view=SETTINGS)

        @bolt.action("delete")
        async def delete(ack: Any, body: Json) -> None:
            await ack()
            self.actions.append(body["actions"][0])
            await self.client.chat_delete(channel=body["channel"]["id"], ts=body["container"]["message_ts"])

        for action_id in ("download", "again"):
            bolt.action(action_id)(self._note)

        @bolt.view("settings")
        async def settings(ack: Any, body: Json) -> None:
            values = body["view"]["state"]["values"]
            if values["name"]["text"]["value"] == "Nobody":
                await ack(response_action="errors", errors={"name": "Nobody is not a name."})
                return
            await ack()
            self.submitted.append(values)

        @bolt.view_closed("settings")
        async def closed(ack: Any) -> None:
            await ack()
            self.closed.append("settings")

    async def _note(self, ack: Any, body: Json) -> None:
        await ack()
        self.actions.append(body["actions"][0])
        channel, ts = body["channel"]["id"], body["container"]["message_ts"]
        chosen = body["actions"][0]["selected_option"]["value"]
        await self.client.chat_update(
            channel=channel, ts=ts, text="…", blocks=[*REPLY[:3], self.said(chosen), *REPLY[3:]]
        )

    @staticmethod
    def said(words: str) -> Json:
        return {"type": "section", "text": mrkdwn(f"You chose `{words}`.")}

    @staticmethod
    def home(number: int) -> Json:
        button = {"type": "button", "action_id": "count", "text": plain("Count"), "value": str(number + 1)}
        return {
            "type": "home",
            "blocks": [
                {"type": "header", "text": plain("Your recordings")},
                {"type": "section", "block_id": "counter", "text": mrkdwn(f"Counted *{number}*"), "accessory": button},
            ],
        }
