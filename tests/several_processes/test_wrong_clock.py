"""A machine whose clock is ten minutes off, beside one whose clock is right, on one PostgreSQL."""

from pathlib import Path

import pytest

from bot.engine.lane import LEASE_SECONDS
from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import fast_xosum
from tests.support.harnesses.fleet import open_fleet

LEFT = "SELECT lease_until - EXTRACT(EPOCH FROM clock_timestamp()) AS left FROM job WHERE lease_token <> ''"
DUE = "SELECT created_at - EXTRACT(EPOCH FROM clock_timestamp()) AS ahead FROM job"


@pytest.mark.parametrize("ahead", [600, -600])
async def test_it_holds_leases_for_their_time_and_loses_none(tmp_path: Path, server: Path, ahead: int) -> None:
    recording = record(tmp_path / "visit.mp3", tone(2.0), "mp3", "mp3")
    async with open_fleet(tmp_path, server, fast_xosum()) as fleet:
        web = await fleet.start("web", "--role", "web", PORT=str(fleet.place.http_port))
        await fleet.listens(web)
        slow = fleet.place.slack.fault(Fault("/files-pri/*", times=None, hold="before"))
        wrong = await fleet.start(
            "wrong", "--role", "worker", module="tests.support.machine.wrong_clock", CLOCK_AHEAD=str(ahead)
        )
        message = await fleet.place.upload(Upload("visit.mp3", recording))

        async def held() -> object:
            return await fleet.rows(LEFT)

        await fleet.until(held)
        (lease,) = await fleet.rows(LEFT)
        assert 0 < float(lease["left"]) <= LEASE_SECONDS + 1
        right = await fleet.start("right", "--role", "worker")
        (job,) = await fleet.rows(DUE)
        assert abs(float(job["ahead"])) < 60
        (same,) = await fleet.rows(LEFT)
        assert 0 < float(same["left"]) <= LEASE_SECONDS + 1, "the other did not take it, nor void it at its start"
        fleet.place.slack.faults.clear(slow.id)
        assert await fleet.place.answered(message)
        assert not [record for bot in (wrong, right) for record in bot.events("step_failed", kind="LostLease")]
