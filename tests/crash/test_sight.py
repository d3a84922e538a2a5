"""The suite can see: a bot with one promise taken away (`tests.crash.weakened`) is found out."""

from pathlib import Path

import pytest

from tests.crash.audit import Verdict, judge
from tests.crash.stage import open_stage
from tests.crash.starter import ENTRY, Starter

pytestmark = [pytest.mark.xdist_group("crash"), pytest.mark.timeout(300)]
WEAKENED = "tests.crash.weakened"


async def _killed_at(tmp_path: Path, point: str, entry: str, weakness: str, **more: str) -> Verdict:
    """The verdict after one kill at `point` and a restart, with the weakness or without."""
    starter = await Starter.open()
    try:
        async with open_stage("xosum", starter, tmp_path, seed=3, entry=entry, **more) as stage:
            if weakness:
                stage.environment["THREADSCRIBE_FAILPOINTS"] = weakness
            await stage.upload()
            bot = await stage.start(f"{weakness},{point}=kill".lstrip(","))
            await bot.ended.wait()
            assert f"killed at {point}" in bot.written()
            try:
                await stage.settle(40.0)
            except AssertionError:
                assert weakness == "hasty"  # what was lost does not come
            return judge(stage)
    finally:
        await starter.close()


async def test_without_the_look_up_a_kill_after_the_post_doubles_the_reply(tmp_path: Path) -> None:
    point = "slack.call.POST.after"  # of the reply: the status line's comes first, so it is left out
    (tmp_path / "strong").mkdir()
    (tmp_path / "weak").mkdir()
    weak = await _killed_at(tmp_path / "weak", point, WEAKENED, "blind")
    assert weak.doubled or any("status lines" in fault for fault in weak.other)
    assert (await _killed_at(tmp_path / "strong", point, ENTRY, "")).faults == []


async def test_an_acknowledgement_before_the_commit_loses_the_file(tmp_path: Path) -> None:
    point = "slack.acknowledged"
    (tmp_path / "strong").mkdir()
    (tmp_path / "weak").mkdir()
    weak = await _killed_at(tmp_path / "weak", point, WEAKENED, "hasty")
    assert weak.lost
    assert (await _killed_at(tmp_path / "strong", point, ENTRY, "")).faults == []
