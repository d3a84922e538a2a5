"""Modals and Home tabs: the stack each person has open, their hashes, and the triggers that open them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from simulators.slack.model.changes import ViewChanged
from simulators.slack.model.inputs import carried_over, entered
from simulators.slack.model.workspace import Workspace, fill_block_ids
from simulators.slack.options import Options
from simulators.slack.records import BOT_ID, View
from simulators.slack.rules.limits import view_body
from simulators.slack.wire import Json, SlackError, as_text, explained

DEEPEST_STACK = 3


def view_object(options: Options, view: View) -> Json:
    """Return a view as Slack gives it to the app, with state and hash."""
    defaults: Json = {
        "title": None,
        "submit": None,
        "close": None,
        "callback_id": "",
        "private_metadata": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
    }
    return {
        **defaults,
        **view.body,
        "id": view.id,
        "team_id": options.team_id,
        "app_id": options.app_id,
        "app_installed_team_id": options.enterprise_id if options.org_installed else options.team_id,
        "bot_id": BOT_ID,
        "hash": view.hash,
        "state": {"values": entered(view.body.get("blocks"), view.values)},
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
    }


@dataclass(slots=True)
class _Trigger:
    user: str
    until: float
    view_id: str | None
    used: bool = False


class Views:
    """Every open modal and published Home tab."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.homes: dict[str, View] = {}
        self._views: dict[str, View] = {}
        self._stacks: dict[str, list[str]] = {}
        self._triggers: dict[str, _Trigger] = {}

    def trigger(self, user: str, view_id: str | None = None) -> str:
        """Return a new trigger id for an act of a person; it lives some seconds and works once."""
        moment = time.monotonic()
        self._triggers = {key: t for key, t in self._triggers.items() if t.until > moment - 60}
        trigger_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        until = moment + self.workspace.options.trigger_lifetime
        self._triggers[trigger_id] = _Trigger(user, until, view_id)
        return trigger_id

    def knows(self, trigger_id: str) -> bool:
        """Whether this trigger was given here."""
        return trigger_id in self._triggers

    def find(self, view_id: str) -> View | None:
        """Return an open view by its id."""
        return self._views.get(view_id)

    def all(self) -> list[View]:
        """Every open modal and published Home tab."""
        return list(self._views.values())

    def top(self, user: str) -> View | None:
        """Return the modal a person sees, None when none is open."""
        stack = self._stacks.get(user, [])
        return self._views[stack[-1]] if stack else None

    def open(self, trigger_id: str, body: object) -> View:
        """Open a modal for the person whose act gave the trigger; Slack's errors for a bad trigger or view."""
        checked = self._modal(body)
        trigger = self._redeem(trigger_id)
        self._clear(trigger.user)
        return self._show(trigger.user, checked, None)

    def push(self, trigger_id: str, body: object) -> View:
        """Put a modal on top of the open ones; `push_limit_reached` above three."""
        checked = self._modal(body)
        trigger = self._redeem(trigger_id)
        return self.push_for(trigger.user, checked)

    def push_for(self, user: str, body: object) -> View:
        """Put a modal on top of what a person has open."""
        stack = self._stacks.get(user, [])
        if len(stack) >= DEEPEST_STACK:
            raise SlackError("push_limit_reached")
        return self._show(user, self._modal(body), stack[-1] if stack else None)

    def update(self, view_id: str, external_id: str, body: object, view_hash: str = "") -> View:
        """Replace an open view's content, its fields keep their state; `not_found`, `hash_conflict`."""
        checked = view_body(body, self.workspace.options.refused_blocks)
        view = self._views.get(view_id) or next(
            (v for v in self._views.values() if external_id and v.body.get("external_id") == external_id), None
        )
        if view is None:
            raise SlackError("not_found")
        if view_hash and view_hash != view.hash:
            raise SlackError("hash_conflict")
        if checked.get("type") != view.body.get("type"):
            raise explained("invalid_arguments", "must be a view of the same type")
        fill_block_ids(_blocks(checked))
        view.values = carried_over(checked["blocks"], view.body["blocks"], view.values)
        view.body, view.hash = checked, _new_hash()
        self.workspace.notify(ViewChanged(view, "updated"))
        return view

    def publish(self, user: str, body: object, view_hash: str = "") -> View:
        """Set a person's Home tab; `hash_conflict` when another version was published meanwhile."""
        if user not in self.workspace.users:
            raise SlackError("user_not_found")
        checked = view_body(body, self.workspace.options.refused_blocks)
        if checked.get("type") != "home":
            raise explained("invalid_arguments", "must be a home view")
        fill_block_ids(_blocks(checked))
        view = self.homes.get(user)
        if view is not None and view_hash and view_hash != view.hash:
            raise SlackError("hash_conflict")
        if view is None:
            view_id = self.workspace.new_id("V")
            view = View(view_id, user, checked, view_id, None, _new_hash())
            self.homes[user] = self._views[view_id] = view
        view.body, view.hash = checked, _new_hash()
        self.workspace.notify(ViewChanged(view, "published"))
        return view

    def close(self, view: View, *, everything: bool = False) -> list[View]:
        """Close a modal, or a person's whole stack; returns the views that were closed."""
        stack = self._stacks.get(view.user, [])
        gone = [self._views[v] for v in (stack if everything else [v for v in stack if v == view.id])]
        for closed in gone:
            self._views.pop(closed.id, None)
        self._stacks[view.user] = [] if everything else [v for v in stack if v != view.id]
        for closed in gone:
            self.workspace.notify(ViewChanged(closed, "closed"))
        return gone

    def _clear(self, user: str) -> None:
        top = self.top(user)
        if top is not None:
            self.close(top, everything=True)

    def _redeem(self, trigger_id: str) -> _Trigger:
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if trigger.until < time.monotonic():
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def _modal(self, body: object) -> Json:
        checked = view_body(body, self.workspace.options.refused_blocks)
        if checked.get("type") != "modal":
            raise explained("invalid_arguments", "must be a modal view")
        external = as_text(checked.get("external_id"))
        if external and any(view.body.get("external_id") == external for view in self._views.values()):
            raise SlackError("duplicate_external_id")
        return checked

    def _show(self, user: str, body: Json, previous: str | None) -> View:
        fill_block_ids(_blocks(body))
        view_id = self.workspace.new_id("V")
        root = self._stacks.get(user, [view_id])[0] if previous else view_id
        view = View(view_id, user, body, root, previous, _new_hash())
        self._views[view_id] = view
        self._stacks.setdefault(user, []).append(view_id)
        self.workspace.notify(ViewChanged(view, "opened"))
        return view


def _new_hash() -> str:
    return f"{int(time.time())}.{secrets.token_hex(4)}"


def _blocks(body: Json) -> list[Json]:
    blocks = body.get("blocks")
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
