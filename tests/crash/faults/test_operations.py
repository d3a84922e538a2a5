"""What the operator sees: series, log lines, and accounts that break and recover. The real process."""

import itertools
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.providers.webhook_address import webhook_token
from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from simulators.xosum import XosumSettings, XosumSimulator
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import Place, headline, open_place

pytestmark = pytest.mark.engine


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path, XosumSimulator(XosumSettings(job_seconds=0.1))) as found:
        yield found


@pytest.fixture
def recording(tmp_path: Path) -> bytes:
    return record(tmp_path / "visit.mp3", tone(2.0), "mp3", "mp3").read_bytes()


async def fetch(place: Place, path: str) -> tuple[int, str]:
    async with ClientSession() as session, session.get(f"{place.bot.admin}{path}") as got:
        return got.status, await got.text()


async def post(place: Place, path: str, body: bytes) -> int:
    url = f"http://127.0.0.1:{place.environment['PORT']}{path}"
    async with ClientSession() as session, session.post(url, data=body) as got:
        return got.status


async def series(place: Place) -> dict[str, float]:
    """Every series of /metrics, with its labels as Prometheus writes them."""
    status, text = await fetch(place, "/metrics")
    assert status == 200
    return {name: float(value) for name, value in re.findall(r"^(threadscribe_\S+) (\S+)$", text, re.MULTILINE)}


async def test_the_series_tell_what_happened(place: Place, recording: bytes) -> None:
    await place.start(REPLY_SETTLE_SECONDS="1")
    first = await place.upload(Upload("visit.mp3", recording))
    await place.answered(first)
    await place.settled(first, "done")
    place.slack.fault(Fault("chat.postMessage", times=None, cut="after"))
    second = await place.upload(Upload("second.mp3", recording + b"\0"))
    await place.answered(second)
    await place.settled(second, "done")
    assert isinstance(place.service, XosumSimulator)
    hook = f"/hooks/xosum/{webhook_token('xosum', place.service.settings.webhook_secret)}"
    assert await post(place, hook, b"{}") == 401
    assert await post(place, hook, b"not json") == 400
    assert await post(place, "/hooks/xosum/guessed", b"{}") == 404
    assert await post(place, "/hooks/nobody/x", b"{}") == 404
    found = await series(place)
    assert found['threadscribe_jobs{state="done"}'] == 2
    assert found["threadscribe_oldest_unfinished_seconds"] == 0
    assert found['threadscribe_replies_total{how="posted"}'] == 1
    assert found['threadscribe_replies_total{how="adopted"}'] == 1
    calls = sum(place.service.ledger.per_minute().values())
    assert found['threadscribe_budget_spent_total{account="xosum"}'] == calls
    assert found['threadscribe_hooks_refused_total{reason="secret",route="xosum"}'] == 1
    assert found['threadscribe_hooks_refused_total{reason="malformed",route="xosum"}'] == 1
    assert found['threadscribe_account_up{account="xosum"}'] == 1
    assert found['threadscribe_account_up{account="slack"}'] == 1
    assert 0 <= found["threadscribe_loop_lag_seconds"] < 60
    assert found['threadscribe_step_seconds_count{provider="xosum",state="replying"}'] >= 2


async def test_a_spent_budget_and_a_429_are_counted(place: Place, recording: bytes) -> None:
    assert isinstance(place.service, XosumSimulator)
    place.service.fault("rate_limited", "create", seconds=1.0)
    await place.start(XOSUM_PER_MINUTE="56", XOSUM_BURST="1")
    message = await place.upload(Upload("visit.mp3", recording))
    await place.answered(message)
    found = await series(place)
    assert found['threadscribe_rate_limited_total{lane="xosum"}'] == 1
    assert found['threadscribe_budget_refused_total{account="xosum"}'] >= 1


async def test_refused_requests_to_slacks_own_door_are_counted_by_reason(tmp_path: Path) -> None:
    async with open_place(tmp_path, http=True) as place:
        await place.start()
        assert await post(place, "/slack/events", b"{}") == 401
        assert (await series(place))['threadscribe_hooks_refused_total{reason="signature",route="slack"}'] == 1


async def test_trouble_with_a_provider_is_reported_once_and_its_end_once(place: Place, recording: bytes) -> None:
    assert isinstance(place.service, XosumSimulator)
    await place.start()
    place.service.fault("server_error", "create", times=None)
    messages = [await place.upload(Upload(f"{number}.mp3", recording + bytes([number]))) for number in range(3)]
    await place.bot.until(lambda: len(place.bot.events("step failed", state="submitting")) >= 6, 60)
    place.service.faults.clear()
    for message in messages:
        await place.answered(message, timeout=90)
    (trouble,) = place.bot.events("trouble", lane="xosum")
    assert trouble["level"] == "warning"
    assert len(place.bot.events("trouble over", lane="xosum")) == 1


@pytest.mark.slow
async def test_bad_credentials_park_the_account_tell_the_thread_and_resume_by_themselves(
    place: Place, recording: bytes
) -> None:
    assert isinstance(place.service, XosumSimulator)
    await place.start()
    place.service.settings.api_enabled = False
    messages = [await place.upload(Upload(f"{number}.mp3", recording + bytes([number]))) for number in range(2)]
    for message in messages:
        await place.settled(message, "parked")
        await place.slack.until(lambda message=message: len(place.status(message)) == 1)  # type: ignore[misc]  # bound at once
    await place.bot.until(lambda: place.bot.events("account broken", account="xosum"))  # its log is read beside this
    assert len(place.bot.events("account broken", account="xosum")) == 1
    _, said = await fetch(place, "/readyz")
    assert "Account xosum does not work" in said
    assert (await series(place))['threadscribe_account_up{account="xosum"}'] == 0
    place.service.settings.api_enabled = True
    for message in messages:
        (reply,) = await place.answered(message, timeout=100)  # it is tried once a minute
        assert headline(reply)
    assert len(place.bot.events("account recovered", account="xosum")) == 1
    assert len(place.service.billed) == 2
    # Whether the key works again was asked with a job that cannot exist: nothing is billed, and the service minds.
    assert {breach.kind for breach in place.service.ledger.violations} == {"unknown-id"}
    place.service.ledger.violations.clear()


async def test_each_step_is_one_line_with_its_job_and_no_content(place: Place, recording: bytes) -> None:
    await place.start()
    message = await place.upload(Upload("visit.mp3", recording))
    await place.answered(message)
    await place.settled(message, "done")
    (job,) = place.jobs(message)
    await place.bot.until(lambda: place.bot.events("step", job=job["id"], now="done"))  # told after the commit
    steps = [(each["was"], each["now"]) for each in place.bot.events("step", job=job["id"])]
    states = ["received", "submitting", "waiting", "finishing", "replying", "done"]
    assert steps == list(itertools.pairwise(states))
    await place.inspect()  # looks for sentences and secrets in the log
