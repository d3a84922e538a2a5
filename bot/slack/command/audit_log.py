"""`/transcribe audit`: who did what in a conversation, for those who may change its settings; newest first."""

import json
from dataclasses import dataclass

from bot.domain.job import Job
from bot.ports.store import AuditAction, AuditEntry
from bot.slack.api.identity import Identity
from bot.slack.api.payloads import Json, as_object, number
from bot.slack.blockkit.blocks import Block, Message, actions, button, context, section
from bot.slack.command import texts as words
from bot.slack.command.job_lines import sections
from bot.slack.context import SlackContext
from bot.slack.settings.permissions import SettingsPermissions
from bot.slack.texts import moment, name_of

AUDIT_OLDER = "audit_older"
AUDIT_NEWEST = "audit_newest"
PAGE = 15
_NEWEST = 2**62  # above every number that the log gives


@dataclass(frozen=True, slots=True)
class AuditPages:
    """Shows a conversation's part of the audit log. Each page that is read is itself in the log."""

    slack: SlackContext
    rights: SettingsPermissions

    async def page(self, me: Identity, user_id: str, channel: str, before: int = 0) -> Message:
        """The newest entries, or those below the number `before`. Raises `StepError`s and `StoreError`s.

        `channel` must be where Slack says that the user acts. What was read is noted before it is shown.
        """
        right = await self.rights.of(user_id, channel, channel)
        if not right.changes:
            said = words.AUDIT_NOT_YOURS
            return Message(said, [section(said)])
        read = await self.slack.note(
            AuditAction.AUDIT_READ, user_id, "button" if before else "command", team=me.team_id, channel=channel
        )
        below = before or min(read.number, _NEWEST)
        found = list(await self.slack.store.newest_audit(me.team_id, channel, below, PAGE + 1))
        shown = found[:PAGE]
        if not shown:
            said = words.AUDIT_NO_MORE if before else words.AUDIT_EMPTY
            return Message(said, [section(said)])
        jobs = {each: await self.slack.store.job(each) for each in {entry.job_id for entry in shown} - {""}}
        blocks: list[Block] = [section(f"*{words.AUDIT}*")]
        blocks += sections([line(entry, jobs.get(entry.job_id)) for entry in shown])
        blocks.append(context(words.AUDIT_HINT))
        buttons = []
        if len(found) > PAGE:
            buttons.append(button(words.OLDER, AUDIT_OLDER, json.dumps({"before": shown[-1].number})))
        if before:
            buttons.append(button(words.NEWEST, AUDIT_NEWEST, "{}"))
        if buttons:
            blocks.append(actions("audit", *buttons))
        return Message(words.AUDIT, blocks)


def turned(value: str) -> int:
    """Below which number a pressed button goes on; 0 for the newest."""
    try:
        asked: Json = as_object(json.loads(value))
    except ValueError:
        asked = {}
    before = number(asked, "before")
    return int(before) if 0 < before < _NEWEST else 0


def line(entry: AuditEntry, job: Job | None) -> str:
    """One entry in words: when, who, what, about which recording. A name is shown as long as it is stored."""
    recording = words.AUDIT_ERASED
    if job is not None:
        recording = f"*{name_of(job)}* (`{job.id}`)"
    return f"{moment(entry.at)}  {words.actor(entry.actor)} {words.deed(entry, recording)}"
