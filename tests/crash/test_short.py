"""The short form: some kills for each provider, so that a broken promise is seen before it is committed."""

from pathlib import Path

import pytest

from tests.crash.audit import judge
from tests.crash.kill_runs import Tally, kill_at_points, kill_at_random
from tests.crash.starter import Starter
from tests.support.harnesses.crash import PROVIDERS, open_stage

POINTS = {
    "local": ["store.add_job.after", "local.upload.after", "store.put_block.after", "slack.call.POST.after"],
    "xosum": ["xosum.create.after", "http.put_stream.chunk", "store.put_transcript.after", "slack.call.POST.after"],
    "invox": ["invox.create.before", "http.put_stream.after", "store.put_inbox.after", "store.claim_outbox.after"],
    "nabla": ["nabla.create.after", "http.stream_get.chunk", "store.wake.before", "slack.call.POST.before"],
}
RANDOM = {"local": 1, "xosum": 3, "invox": 3, "nabla": 2}


@pytest.mark.engine
@pytest.mark.timeout(300)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_kills_lose_nothing_double_nothing_and_bill_once(provider: str, tmp_path: Path) -> None:
    starter = await Starter.open()
    tally = Tally(provider)
    try:
        async with open_stage(provider, starter, tmp_path, seed=7, http=provider == "nabla") as stage:
            await kill_at_points(stage, [(name, 1) for name in POINTS[provider]], tally)
            await kill_at_random(stage, RANDOM[provider], tally, longest=2.0)
            stage.slack.faults.clear()
            await stage.settle()
            assert judge(stage).faults == []
    finally:
        await starter.close()
    assert set(tally.points) == set(POINTS[provider]), tally.unreached
