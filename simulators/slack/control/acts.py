"""What a test in another process may have people do, over `/control/`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar, get_args

from simulators.slack.core import SlackCore
from simulators.slack.file_store import Upload
from simulators.slack.model.changes import FileOrder
from simulators.slack.model.objects import message_object
from simulators.slack.options import UNREADY
from simulators.slack.outgoing.delivery import Outcome
from simulators.slack.records import FileMode, Message
from simulators.slack.wire import Arguments, Json, SlackError, as_list, as_number, as_object, as_objects, as_text

MODES: dict[str, FileMode] = {
    "hosted": "hosted",
    "external": "external",
    "snippet": "snippet",
    "tombstone": "tombstone",
    "hidden_by_limit": "hidden_by_limit",
}
ORDERS: dict[str, FileOrder] = {order: order for order in get_args(FileOrder)}
Choice = TypeVar("Choice")


class ControlActs:
    """People's acts; each public method is `POST /control/NAME`."""

    def __init__(self, slack: SlackCore) -> None:
        self.slack = slack

    async def say(self, args: Arguments) -> Json:
        """Post a `text` as `user` in `channel`, perhaps in `thread_ts`."""
        message = self.slack.say_as(
            args.required("user"),
            args.required("channel"),
            args.text("text"),
            args.text("thread_ts") or None,
        )
        return {"message": self._message(message)}

    async def upload(self, args: Arguments) -> Json:
        """Share files as `user` in `channel`: `files` of `{name, path | content_base64, size?, mode?, …}`.

        `subtype`, `connect` and `announced` are those of `Upload`. With `size` the path's or content's bytes are a
        sample that is repeated without being stored. `order` and `repeats` say how its events are sent.
        """
        repeats = int(as_number(args.values.get("repeats")))
        message = await self.slack.upload_as(
            args.required("user"),
            args.required("channel"),
            *[_upload(item) for item in as_objects(args.decoded("files"))],
            text=args.text("text"),
            thread_ts=args.text("thread_ts") or None,
            order=chosen(ORDERS, args.text("order"), None),
            repeats=repeats or None,
        )
        return {"message": self._message(message)}

    async def share(self, args: Arguments) -> Json:
        """Share existing files (`files`: ids) again or elsewhere."""
        known = self.slack.workspace.files
        files = [known[as_text(name)] for name in as_list(args.decoded("files")) if as_text(name) in known]
        message = self.slack.people.share(
            args.required("user"),
            args.required("channel"),
            files,
            args.text("text"),
            args.text("thread_ts") or None,
        )
        return {"message": self._message(message)}

    async def forward(self, args: Arguments) -> Json:
        """Forward the message `ts` of `source` as `user` to `channel`, or with `link` only paste its address."""
        message = self.slack.people.forward(
            args.required("user"),
            args.required("channel"),
            (args.required("source"), args.required("ts")),
            args.text("text"),
            args.text("thread_ts") or None,
            link=args.flag("link"),
        )
        return {"message": self._message(message)}

    async def crowd(self, args: Arguments) -> Json:
        """Add `count` invented people to `channel`, without events."""
        added = self.slack.people.crowd(args.required("channel"), args.number("count", 1, 100_000))
        return {"users": list(added)}

    async def partner(self, args: Arguments) -> Json:
        """Add a member of another organisation (`user`, `team`) to `channel`."""
        user, team = args.text("user", "U0PARTNER"), args.text("team", "T0PARTNER")
        return {"user": self.slack.people.partner(args.required("channel"), user, team).id}

    async def recorded(self, args: Arguments) -> Json:
        """Send a recorded `payload`: an event's whole envelope, an interaction, or a command.

        What it names is made to exist first (`content_base64`: the bytes of its files) and the ids of its app, bot and
        team are replaced by this workspace's; with `raw` it is sent as it is and nothing is made. Answers how the app
        acknowledged it.
        """
        payload = as_object(args.decoded("payload"))
        if args.flag("raw"):
            return _outcome(await self.slack.recorded.send(payload))
        return _outcome(await self.slack.recorded.play(payload, _bytes(args.text("content_base64"))))

    async def edit(self, args: Arguments) -> Json:
        """Edit a person's own message."""
        message = self.slack.people.edit(
            args.required("user"), args.required("channel"), args.required("ts"), args.text("text")
        )
        return {"message": self._message(message)}

    async def delete(self, args: Arguments) -> Json:
        """Delete a message."""
        self.slack.people.delete(args.required("user"), args.required("channel"), args.required("ts"))
        return {}

    async def delete_file(self, args: Arguments) -> Json:
        """Delete a file."""
        self.slack.people.delete_file(args.required("user"), args.required("file"))
        return {}

    async def react(self, args: Arguments) -> Json:
        """Add a reaction, or with `remove` take it back."""
        self.slack.people.react(
            args.required("user"),
            args.required("channel"),
            args.required("ts"),
            args.required("name"),
            remove=args.flag("remove"),
        )
        return {}

    async def command(self, args: Arguments) -> Json:
        """Run a slash command; answers how the app acknowledged it."""
        outcome = await self.slack.command_as(
            args.required("user"), args.required("channel"), args.required("command"), args.text("text")
        )
        return _outcome(outcome)

    async def shortcut(self, args: Arguments) -> Json:
        """Use a message shortcut."""
        outcome = await self.slack.shortcut_as(
            args.required("user"), args.required("channel"), args.required("ts"), args.required("callback_id")
        )
        return _outcome(outcome)

    async def act(self, args: Arguments) -> Json:
        """Use the element `action_id` of the message `ts` in `channel`, or of the view `view_id`."""
        view = self.slack.views.find(args.text("view_id"))
        target = view or self.slack.people.message(args.required("channel"), args.required("ts"))
        value = as_object(args.decoded("value"))
        return _outcome(await self.slack.act_as(args.required("user"), target, args.required("action_id"), **value))

    async def submit(self, args: Arguments) -> Json:
        """Submit the modal a person has open."""
        values = as_object(args.decoded("values"))
        errors = await self.slack.submit_as(args.required("user"), values, args.text("view_id"))
        return {"errors": dict(errors)}

    async def home(self, args: Arguments) -> Json:
        """Open the Home tab; answers what is published there so far."""
        self.slack.people.open_home(args.required("user"))
        home = self.slack.views.homes.get(args.required("user"))
        return {"home": home.body if home is not None else None}

    def _message(self, message: Message) -> Json:
        return shown(self.slack, message)


def chosen(choices: Mapping[str, Choice], text: str, default: Choice) -> Choice:
    """Return the choice with this name, the default for an empty one; SlackError `unknown_choice` for any other."""
    if text and text not in choices:
        raise SlackError("unknown_choice", choice=text, choices=sorted(choices))
    return choices.get(text, default)


def shown(slack: SlackCore, message: Message) -> Json:
    """Return a message as the control interface shows it: whole, with its place and the user who alone sees it."""
    whole = message_object(slack.workspace, message, metadata=True)
    return whole | {"channel": message.channel, "ephemeral_to": message.ephemeral_to}


def _outcome(outcome: Outcome) -> Json:
    return {"acknowledged": outcome.acknowledged, "failure": outcome.failure, "payload": outcome.payload}


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise SlackError("invalid_content") from None


def _upload(item: Json) -> Upload:
    content: bytes | Path = Path(as_text(item.get("path")))
    if item.get("path") is None:
        content = _bytes(as_text(item.get("content_base64")))
    mimetype = item.get("mimetype")
    return Upload(
        as_text(item.get("name")) or (content.name if isinstance(content, Path) else "file.bin"),
        content,
        size=int(as_number(item["size"])) if "size" in item else None,
        title=as_text(item.get("title")),
        mimetype=mimetype if isinstance(mimetype, str) else None,
        mode=chosen(MODES, as_text(item.get("mode")), "hosted"),
        subtype=as_text(item.get("subtype")),
        connect=item.get("connect") is True,
        unready=chosen({form: form for form in UNREADY}, as_text(item.get("unready")), None),
        unready_seconds=as_number(item.get("unready_seconds"), 1.0),
        announced=int(as_number(item["announced"])) if "announced" in item else None,
    )
