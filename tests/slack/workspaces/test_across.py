"""Tries to see, change and delete across two workspaces and an organisation, from outside: the count is asserted.

Both plain workspaces have conversations, people and a bot of the same ids, so that nothing but the workspace tells them
apart. In the organisation a person of one workspace, who is in none of the other's private channels, tries.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.domain.job import Job
from bot.ports.store import AuditFilter
from bot.slack.buttons.menu import DELETE_VIEW, DOWNLOAD_VIEW
from bot.slack.buttons.rename_speakers import RENAME_VIEW
from bot.slack.buttons.reply_updates import ERASE, REWRITE
from bot.slack.buttons.retry_cancel import PRESS
from bot.slack.thread.render import DELETE_ACTION
from simulators.slack.file_store import Upload
from simulators.slack.model.views import view_object
from simulators.slack.records import Message, View
from simulators.slack.server import SlackSimulator
from simulators.slack.wire import Json, as_list, as_object, as_text
from tests.support.harnesses.bot import shown
from tests.support.harnesses.workspaces import GRID_A, GRID_B, ONE, TALK, TWO, Host, host, installed

TEAMS = (ONE, TWO, GRID_A, GRID_B)
PAIRS = tuple(itertools.permutations(TEAMS, 2))
OWNER = "U0ALICE"  # whose recording it is, in a private channel with the bot alone
KINDS = (PRESS, REWRITE, ERASE)
# What the other workspace's bot does not do meanwhile. Not here: what may be late work of its own (Home, `files.info`).
NEVER = (
    "chat.update",
    "chat.delete",
    "reactions.",
    "views.open",
    "views.update",
    "files.delete",
    "files.get",
    "files.complete",
)
COMMANDS = (
    "status {job}",
    "retry {job}",
    "cancel {job}",
    "status",
    "list",
    "list here",
    "list failed",
    "search ask",
    "help",
)


def marker(team: str) -> str:
    """A word that stands in the name of a workspace's recording, and nowhere else."""
    return f"marigold{team.lower()}"


def board(found: Host, team: str) -> str:
    return next(name for name in found.slack(team).workspace.channels if name.startswith("G0BOARD"))


def elements(blocks: list[object]) -> Iterator[Json]:
    """Everything in a message that can be used, each option of a menu included, as an interaction names it."""
    for item in blocks:
        block = as_object(item)
        for candidate in [*as_list(block.get("elements")), block.get("accessory"), block.get("element")]:
            element = as_object(candidate)
            if not element.get("action_id"):
                continue
            used = {"action_id": element["action_id"], "block_id": block.get("block_id"), "type": element["type"]}
            for option in as_list(element.get("options")):
                yield used | {"selected_option": option}
            if "value" in element:
                yield used | {"value": element["value"]}


@dataclass
class Target:
    """What a workspace has that nobody else may see: a recording, its reply, and the modals of its buttons."""

    team: str
    message: Message
    reply: Message
    job: Job
    buttons: list[Json]
    views: list[View]


async def prepared(found: Host, team: str) -> Target:
    """Share a recording in the private channel, wait for the reply, and open every modal that its buttons open."""
    slack = found.slack(team)
    message = await slack.upload_as(OWNER, board(found, team), Upload(f"{marker(team)}.wav", TALK.read_bytes()))
    reply = await found.answered(team, message)
    [job] = await found.store.jobs_of_message(team, message.channel, message.ts)
    buttons = list(elements(list(reply.blocks)))
    assert len(buttons) >= 4, reply.blocks
    views: dict[str, View] = {}
    for button in buttons:
        named = json.dumps(button)
        if any(word in named for word in ("cancel", "retry", DELETE_ACTION)):
            continue  # these would do it
        was, given = slack.views.top(OWNER), slack.ledger.finished["files.completeUploadExternal"]
        await slack.interactions.message_action(OWNER, reply.channel, reply.ts, button)
        if button["type"] == "static_select":  # it opens nothing: the file comes into the thread
            await slack.until(
                lambda given=given: slack.ledger.finished["files.completeUploadExternal"] > given  # type: ignore[misc]  # bound at once
            )
            continue
        await slack.until(partial(_opened, slack, was))
        top = slack.views.top(OWNER)
        assert top is not None
        views[as_text(top.body.get("callback_id"))] = View(
            top.id, top.user, dict(top.body), top.root_id, None, top.hash
        )
    await slack.command_as(OWNER, reply.channel, "/transcribe", "settings")
    await slack.until(lambda: "settings" in as_text((slack.views.top(OWNER) or reply_view()).body.get("callback_id")))
    top = slack.views.top(OWNER)
    assert top is not None
    views["settings"] = View(top.id, top.user, dict(top.body), top.root_id, None, top.hash)
    facts = {"job": job.id, "channel": reply.channel, "thread": message.ts, "team": team}
    for callback_id in (RENAME_VIEW, DOWNLOAD_VIEW, DELETE_VIEW):  # those that this reply does not offer
        body: Json = {"type": "modal", "callback_id": callback_id, "private_metadata": json.dumps(facts), "blocks": []}
        views.setdefault(callback_id, View("V0FORGED", OWNER, body, "V0FORGED", None, ""))
    assert len(views) == 5, list(views)
    assert await found.store.transcript(job.id) is not None
    return Target(team, message, reply, job, buttons, list(views.values()))


def _opened(slack: SlackSimulator, was: View | None) -> bool:
    """Whether another modal is there, with its contents."""
    top = slack.views.top(OWNER)
    return top is not None and (was is None or top.id != was.id) and top.body.get("callback_id") not in ("", "notice")


def reply_view() -> View:
    return View("V0", OWNER, {}, "V0", None, "")


def attacker(team: str, target: Target) -> str:
    """Within an organisation the same person may be in both workspaces: there somebody who is not in the channel."""
    return "U0BOB" if {team, target.team} == {GRID_A, GRID_B} else OWNER


def seen_in(found: Host, team: str) -> str:
    """All that anybody in a workspace can read of the bot: messages, ephemeral ones, modals, Home.

    In an organisation a person has one Home of an app, so that of the owner has what is theirs in all its workspaces.
    """
    slack = found.slack(team)
    messages = [shown(each) + json.dumps(each.blocks) for each in slack.workspace.all_messages() if each.is_bot]
    whole = slack.options.org_installed
    views = [
        json.dumps(view.body)
        for view in slack.views.all()
        if not (whole and view.user == OWNER and view.body.get("type") == "home")
    ]
    shared = {file for each in slack.workspace.all_messages() for file in each.files}
    names = [file.name for file in slack.workspace.files.values() if file.id in shared]
    return "\n".join([*messages, *views, *names])


@asynccontextmanager
async def everywhere(directory: Path) -> AsyncIterator[tuple[Host, dict[str, Target]]]:
    async with host(directory, RETENTION_DAYS="30") as found:
        await installed(found)
        targets = await asyncio.gather(*(prepared(found, team) for team in TEAMS))
        yield found, {target.team: target for target in targets}


async def rests(found: Host) -> None:
    """Wait until everything that was sent is taken, and what came after it is answered."""
    for team in TEAMS:
        slack = found.slack(team)
        await slack.delivery.settled()
        await found.whispered(team, "U0BOB", partial(slack.command_as, "U0BOB", _open(slack), "/transcribe", "help"))


async def nothing_left(found: Host) -> None:
    """Wait until no deferred work is left; a second chance of a file takes eight seconds."""

    async def idle() -> bool:
        return not await found.store.teams_with_work(2e10)

    try:
        await found.until(idle, 30)
    except TimeoutError:
        left = [await found.store.inbox_due(kind, 2e10) for kind in (*KINDS, "mention", "file_shared", "greeting")]
        raise AssertionError(
            f"left: {[(item.kind, item.key, item.attempts) for some in left for item in some]}"
        ) from None


def _open(slack: SlackSimulator) -> str:
    return next(name for name in slack.workspace.channels if name.startswith("C0CLINIC"))


async def tried(found: Host, team: str, target: Target) -> int:
    """Everything that somebody in `team` can try against a recording of `target`; how much it was."""
    slack, user, count = found.slack(team), attacker(team, target), 0
    mine = slack.workspace.roots(_open(slack)) or [slack.say_as(user, _open(slack), "hello")]
    place = _open(slack)
    anchor = next((each for each in mine if each.is_bot), mine[0])
    for command in COMMANDS:
        outcome = await slack.command_as(user, place, "/transcribe", command.format(job=target.job.id))
        assert outcome.acknowledged, outcome
        count += 1
    for button in target.buttons:
        assert (await slack.interactions.message_action(user, place, anchor.ts, button)).acknowledged
        count += 1
    for action in ("retry", "cancel"):
        forged: Json = {"action_id": action, "block_id": "b", "type": "button", "value": target.job.id}
        assert (await slack.interactions.message_action(user, place, anchor.ts, forged)).acknowledged in (True, False)
        count += 1
    for view in target.views:
        forged_view = view_object(slack.options, view)
        payload = slack.interactions._base("view_submission", user, trigger=True)
        await slack.delivery.once("interactive", payload | {"view": forged_view, "response_urls": []})
        count += 1
    shortcut = {"callback_id": "transcribe_message", "message_ts": target.message.ts, "response_url": ""}
    moved = {
        "channel": {"id": place, "name": "x"},
        "message": {"ts": target.message.ts, "user": user, "type": "message"},
    }
    await slack.delivery.once(
        "interactive", slack.interactions._base("message_action", user, trigger=True) | shortcut | moved
    )
    stranger = target.message.channel if {team, target.team} == {ONE, TWO} else place
    for event in (
        {"type": "file_deleted", "file_id": target.job.origin.file_id},
        {"type": "message", "subtype": "message_deleted", "channel": stranger, "deleted_ts": target.message.ts},
        {"type": "app_mention", "channel": place, "user": user, "text": "x", "ts": target.message.ts},
        *(
            () if user == "U0BOB" else (_file_shared(target, place, user),)
        ),  # the organisation's own token sees the file
    ):
        slack.delivery.event({**event, "event_ts": slack.workspace.next_ts()})
        count += 1
    slack.people.open_home(user)
    return count + 2


def _file_shared(target: Target, place: str, user: str) -> Json:
    return {"type": "file_shared", "file_id": target.job.origin.file_id, "channel_id": place, "user_id": user}


async def test_nothing_of_a_workspace_is_seen_or_changed_from_another(tmp_path: Path) -> None:
    async with everywhere(tmp_path) as (found, targets):
        await rests(found)
        before = {team: await found.store.job(each.job.id) for team, each in targets.items()}
        settings = {
            team: await found.store.channel_settings(team, each.reply.channel) for team, each in targets.items()
        }
        count = 0
        for team, other in PAIRS:
            begun = len(found.cloud.calls)
            count += await tried(found, team, targets[other])
            await rests(found)
            if {team, other} != {GRID_A, GRID_B}:
                called = {method for place, method, _ in found.cloud.calls[begun:] if place == other}
                assert not [method for method in called if method.startswith(NEVER)], (team, other, called)
        await nothing_left(found)
        for team in TEAMS:
            text = seen_in(found, team)
            for other in set(TEAMS) - {team}:
                at = text.find(marker(other))
                assert at < 0, (team, other, text[max(0, at - 400) : at + 100])
        for team, target in targets.items():
            job = await found.store.job(target.job.id)
            was = before[team]
            assert job is not None
            assert was is not None
            assert (job.state, job.updated_at, job.deleted_at) == (was.state, was.updated_at, None), team
            assert await found.store.transcript(job.id) is not None
            assert await found.store.channel_settings(team, target.reply.channel) == settings[team]
            assert marker(team) in seen_in(found, team)
        entries = {
            team: {entry.job_id for entry in await found.store.audit(AuditFilter(team, limit=5000))} for team in TEAMS
        }
        for team, other in PAIRS:
            assert targets[other].job.id not in entries[team]
        assert count >= 300, count
        print(f"{count} attempts")
