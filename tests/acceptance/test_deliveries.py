"""Slack tells things many times, and a database may refuse: nothing is done twice, and nothing is lost."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from simulators.slack.file_store import Upload
from simulators.slack.options import Options
from simulators.slack.outgoing.delivery import DeliveryRecord
from simulators.xosum import XosumSimulator
from tests.support.harnesses.bot import CALLS, CLINIC, Place, fast_xosum, headline, open_place

REFUSE = "CREATE TRIGGER refuse BEFORE INSERT ON job BEGIN SELECT RAISE(ABORT, 'refused'); END"
ALLOW = "DROP TRIGGER refuse"


pytestmark = pytest.mark.asyncio(loop_scope="module")
over_http = pytest.mark.parametrize("shared", ["http"], indirect=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["socket", "http"])
async def shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    options = Options(retry_delays=(0.5, 1.0, 2.0, 4.0), share_delay=0.02, ack_timeout=2.0)
    directory = tmp_path_factory.mktemp("bot")
    async with open_place(directory, fast_xosum(), http=request.param == "http", options=options) as found:
        await found.start()
        yield found


@pytest.fixture(autouse=True)
def unheard(place: Place, xosum: XosumSimulator) -> None:
    """Nothing was told before."""
    place.slack.delivery.records.clear()
    place.slack.delivery.file_order = "message_first"


def told(place: Place) -> list[DeliveryRecord]:
    """How the message with the file was told to the bot."""
    return [record for record in place.slack.delivery.records if record.subtype == "file_share"]


@pytest.mark.parametrize("order", ["message_first", "file_first"])
async def test_an_upload_that_is_told_eleven_times_becomes_one_job_and_one_reply(
    place: Place, xosum: XosumSimulator, recording: Path, order: str
) -> None:
    place.slack.delivery.file_order = "file_first" if order == "file_first" else "message_first"
    message = await place.slack.upload_as("U0ALICE", CLINIC, Upload("visit.mp3", recording), repeats=11)
    await place.answered(message)
    await place.slack.delivery.settled()
    assert len({delivery.event_id for delivery in told(place)}) == 11
    assert all(delivery.outcomes == ["ok"] for delivery in told(place))
    assert len(place.jobs(message)) == 1
    assert len(place.replies(message)) == 1
    assert len(xosum.billed) == 1


@over_http
async def test_an_upload_that_only_its_file_event_tells_of_is_found(place: Place, recording: Path) -> None:
    message = await place.slack.upload_as("U0ALICE", CLINIC, Upload("visit.mp3", recording), order="file_only")
    (reply,) = await place.answered(message)
    assert headline(reply)


async def test_the_same_file_in_two_channels_is_answered_in_both_and_paid_for_once(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    message = await place.upload(Upload("visit.mp3", recording))
    await place.answered(message)
    file = place.slack.workspace.files[message.files[0]]
    again = place.slack.people.share("U0ALICE", CALLS, [file])
    (reply,) = await place.answered(again)
    assert headline(reply) == headline(place.replies(message)[0])
    assert len(xosum.billed) == 1


async def test_a_database_that_refuses_the_job_is_not_acknowledged_and_the_repeat_makes_it(
    place: Place, recording: Path
) -> None:
    place.alter(REFUSE)
    message = await place.upload(Upload("visit.mp3", recording))
    await place.slack.until(lambda: bool(told(place)) and bool(told(place)[0].outcomes))
    assert "ok" not in told(place)[0].outcomes
    assert place.jobs(message) == []
    place.alter(ALLOW)
    await place.answered(message)
    assert told(place)[0].outcomes[-1] == "ok"
    assert len(place.jobs(message)) == 1


@over_http
async def test_a_database_that_another_program_keeps_locked_is_waited_out_and_the_repeat_makes_the_job(
    place: Place, recording: Path
) -> None:
    before = len(place.bot.events("not_acknowledged"))
    with contextlib.closing(sqlite3.connect(place.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        message = await place.upload(Upload("visit.mp3", recording))
        await place.bot.until(
            lambda: len(place.bot.events("not_acknowledged")) > before
        )  # after the five seconds it waits
        assert {outcome for delivery in told(place) for outcome in delivery.outcomes}.isdisjoint({"ok"})
        assert place.jobs(message) == []
        other.execute("ROLLBACK")
    (reply,) = await place.answered(message)
    assert headline(reply)
    assert len(place.jobs(message)) == 1
