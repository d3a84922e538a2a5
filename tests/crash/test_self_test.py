"""The suite can see: a bot with one promise taken away (`tests.crash.weakened`) is found out, a whole one is not."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from simulators.slack.faults import Fault
from tests.crash.audit import Verdict, judge
from tests.crash.starter import ENTRY, Starter
from tests.support.harnesses.crash import Stage, open_stage

pytestmark = pytest.mark.timeout(300)
WEAKENED = "tests.crash.broken_bots"


@asynccontextmanager
async def _stage(directory: Path, weakness: str, **more: Any) -> AsyncIterator[Stage]:
    starter = await Starter.open()
    try:
        entry = WEAKENED if weakness else ENTRY
        async with open_stage("xosum", starter, directory, seed=3, entry=entry, **more) as stage:
            stage.weakness = weakness
            yield stage
    finally:
        await starter.close()


async def _after_a_kill(stage: Stage, instant: Callable[[], bool], seconds: float = 60) -> Verdict:
    """One file, one kill at that instant, one restart, and this many seconds for the answer, or for a second one."""
    await stage.upload()
    bot = await stage.start("slack.call.POST.after=wait:3")
    assert await stage.until(instant, 30)
    bot.kill()
    await bot.ended.wait()
    again = await stage.start()

    def answered() -> bool:
        replies = stage.of(stage.asked[0], "threadscribe_reply")
        return len(replies) > 1 or (bool(replies) and stage.idle())

    await stage.until(answered, seconds)
    again.kill()
    return judge(stage)


def _replied(stage: Stage, shown_after: float) -> Callable[[], bool]:
    """The reply has come to a workspace that shows it this many seconds later; its answer is still on the way."""
    stage.slack.fault(Fault("chat.postMessage", times=None, visible_after=shown_after))
    return lambda: any("threadscribe_reply" in str(each.args) for each in stage.slack.ledger.of("chat.postMessage"))


@pytest.mark.parametrize(("weakness", "settle"), [("blind", "4"), ("", "0"), ("", "4")])
async def test_a_reply_is_doubled_without_the_look_up_or_without_patience(
    weakness: str, settle: str, tmp_path: Path
) -> None:
    async with _stage(tmp_path, weakness, REPLY_SETTLE_SECONDS=settle) as stage:
        # Without patience the look-up must come too early, however long the second start takes.
        verdict = await _after_a_kill(stage, _replied(stage, 3600 if settle == "0" else 2.5))
    if weakness or settle == "0":
        assert verdict.doubled
    else:
        assert verdict.faults == []


def _told(stage: Stage) -> Callable[[], bool]:
    """Slack has been told that the app has its message."""
    return lambda: any(
        record.subtype == "file_share" and "ok" in record.outcomes for record in stage.slack.delivery.records
    )


@pytest.mark.parametrize("weakness", ["hasty", ""])
async def test_a_file_is_lost_when_it_is_acknowledged_before_the_commit(weakness: str, tmp_path: Path) -> None:
    async with _stage(tmp_path, weakness) as stage:
        verdict = await _after_a_kill(stage, _told(stage), 12 if weakness else 60)
    if weakness:
        assert verdict.lost
    else:
        assert verdict.faults == []
