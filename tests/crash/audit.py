"""What must hold of a stage once it is idle, whatever was killed: every breach as a sentence."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from simulators.provider.results import ARMENIAN, mark_of
from simulators.slack.records import BOT_USER, Message
from tests.support.harnesses.crash import Asked, Stage

CALLS_A_MINUTE = 60
LOCAL_WORDS = ("ill disposed", "young man")  # of the clip that the local engine hears


@dataclass
class Verdict:
    """What was counted, and what was wrong."""

    files: int = 0
    lost: list[str] = field(default_factory=list)  # files without their answer
    doubled: list[str] = field(default_factory=list)  # answers or jobs too many
    billed_twice: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Everything that was wrong."""
        return [*self.lost, *self.doubled, *self.billed_twice, *self.other]


def judge(stage: Stage) -> Verdict:
    """Look at the workspace, the provider's books, the database and the logs."""
    verdict = Verdict(files=len(stage.asked))
    for asked in stage.asked:
        judge_file(stage, asked, verdict)
    _judge_books(stage, verdict)
    verdict.other += leftovers(stage)
    verdict.other += [f"a token strayed to {entry.method}" for entry in stage.slack.ledger.strays]
    for number, bot in enumerate(stage.bots):
        verdict.other += [f"log {number}: {what}" for what in _told(stage, bot.written())]
    return verdict


def judge_file(stage: Stage, asked: Asked, verdict: Verdict) -> None:
    (file_id,) = asked.message.files
    if asked.deleted:
        _judge_deleted(stage, asked, verdict)
        return
    jobs = stage.rows(f"SELECT id, state, outcome FROM job WHERE file_id = '{file_id}'")
    name = f"{stage.provider} {file_id}"
    if len(jobs) != 1:
        (verdict.doubled if jobs else verdict.lost).append(f"{name}: {len(jobs)} jobs")
    for job in jobs:
        if job["state"] != "done" or job["outcome"] != "transcript":
            verdict.lost.append(f"{name}: its job ended as {job['state']}, {job['outcome']}")
    replies = stage.of(asked, "threadscribe_reply")
    parts = Counter(_part(reply) for reply in replies)
    if not replies:
        verdict.lost.append(f"{name}: no reply")
    verdict.doubled += [f"{name}: {count} replies of part {part}" for part, count in parts.items() if count > 1]
    files = [file for message in _thread(stage, asked) if message.user == BOT_USER for file in message.files]
    expected = 1 if stage.service is not None and asked.sha256 in stage.service.results else 0
    if len(files) != expected:
        (verdict.doubled if len(files) > expected else verdict.lost).append(f"{name}: {len(files)} files in the thread")
    if left := stage.of(asked, "threadscribe_status"):
        verdict.other.append(f"{name}: {len(left)} status lines left")
    if stage.service is not None and not asked.converted and expected == 0 and replies:
        said = json.dumps([reply.blocks for reply in replies], ensure_ascii=False)
        if mark_of(asked.sha256) not in said:
            verdict.other.append(f"{name}: the reply is not about this recording")


def _judge_deleted(stage: Stage, asked: Asked, verdict: Verdict) -> None:
    """A bot that heard of it has stopped and kept nothing; one that did not has answered as ever."""
    (file_id,) = asked.message.files
    replies = Counter(_part(reply) for reply in stage.of(asked, "threadscribe_reply"))
    verdict.doubled += [f"{file_id}: {count} replies of part {part}" for part, count in replies.items() if count > 1]
    if left := stage.of(asked, "threadscribe_status"):
        verdict.other.append(f"{file_id}: {len(left)} status lines left")


def leftovers(stage: Stage) -> list[str]:
    """What is still there of jobs that are over: rows, audio, and words of what was deleted."""
    found = []
    for table in ("block", "piece"):
        rows = stage.rows(f"SELECT job_id FROM {table} JOIN job ON job.id = job_id WHERE job.finished_at IS NOT NULL")
        found += [f"{table} of {row['job_id']}" for row in rows]
    audio = [path for path in stage.directory.rglob("*") if path.name in ("audio", "arriving", "source")]
    found += [f"audio at {path}" for path in audio + list(stage.directory.rglob("payload.*"))]
    deleted = {str(row["file_id"]) for row in stage.rows("SELECT file_id FROM job WHERE state = 'deleted'")}
    for asked in stage.asked:
        (file_id,) = asked.message.files
        if file_id not in deleted:
            continue
        rows = stage.rows(f"SELECT job_id FROM transcript JOIN job ON job.id = job_id WHERE file_id = '{file_id}'")
        found += [f"transcript of {row['job_id']}" for row in rows]
        if stage.service is None:  # every clip of the local engine's has the same words
            continue
        for path in stage.directory.glob("jobs.db*"):
            if mark_of(asked.sha256).encode() in path.read_bytes():
                found.append(f"a word of {file_id} in {path.name}")
    return found


def _thread(stage: Stage, asked: Asked) -> list[Message]:
    return stage.slack.replies(asked.message.channel, asked.message.ts)


def _part(reply: Message) -> tuple[str, str]:
    payload = (reply.metadata or {}).get("event_payload")
    facts = payload if isinstance(payload, dict) else {}
    return str(facts.get("job")), str(facts.get("part"))


def _judge_books(stage: Stage, verdict: Verdict) -> None:
    service = stage.service
    if service is None:
        return
    bills = Counter(bill.sha256 for bill in service.billed)
    for sha256, count in bills.items():
        if count > 1:
            verdict.billed_twice.append(f"{stage.provider}: {count} bills for {sha256[:8]}")
    kept, deleted = (sum(asked.deleted is gone for asked in stage.asked) for gone in (False, True))
    if not kept <= len(service.billed) <= kept + deleted:
        verdict.billed_twice.append(f"{stage.provider}: {len(service.billed)} bills for {kept}+{deleted} files")
    verdict.other += service.violations
    if service.settings.rate_limit is not None:
        for minute, count in service.ledger.per_minute().items():
            if count > CALLS_A_MINUTE:
                verdict.other.append(f"{stage.provider}: {count} calls in minute {minute}")


def _told(stage: Stage, log: str) -> Iterator[str]:
    """Content or secrets that stand in a log, and tracebacks."""
    content = [line for _, line in ARMENIAN.lines] + [ARMENIAN.title, "of the long recording", *LOCAL_WORDS]
    if stage.service is not None:
        for job in stage.service.jobs.values():
            said = stage.service.transcript(job)  # type: ignore[arg-type]  # each service has jobs of its own kind
            content += [segment.text for segment in said.segments[:2]]
    secrets = [value for name, value in stage.environment.items() if name.endswith(("TOKEN", "SECRET", "KEY"))]
    yield from (f"{text[:20]!r} was written" for text in dict.fromkeys([*content, *secrets]) if text and text in log)
    if "Traceback" in log:
        yield log[log.index("Traceback") :][:2000]
