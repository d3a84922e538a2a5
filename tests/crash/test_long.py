"""The long form: every failpoint of every provider, hundreds of random instants. Prints a table, writes its figures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.kill_runs import all_providers, as_json, report
from tests.support.harnesses.crash import PROVIDERS

RANDOM = {"local": 20, "xosum": 60, "invox": 60, "nabla": 60}
LEAST_KILLS = 500


@pytest.mark.timeout(5400)
async def test_no_kill_loses_doubles_or_bills_twice(
    tmp_path: Path, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    seed = request.config.getoption("--crash-seed")
    target = Path(str(request.config.getoption("--crash-report")))
    tallies = await all_providers(tmp_path, seed, {name: {"random_kills": RANDOM[name]} for name in PROVIDERS})
    record_property("crash table", report(tallies))
    _write(target, as_json(tallies))
    assert [fault for tally in tallies for fault in tally.verdict.faults] == []
    assert sum(tally.kills for tally in tallies) >= LEAST_KILLS


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
