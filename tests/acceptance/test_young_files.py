"""Many recordings, each incomplete at first in one of the ways in which Slack leaves them so."""

import asyncio
from pathlib import Path

import pytest

from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import UNREADY, Options
from simulators.slack.records import BOT_USER
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import ALICE, headline, open_place, shown
from tests.support.machine.bot_process import ROOT

CHANNELS = 20  # a channel takes one message a second


@pytest.mark.timeout(500)
@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.slow)])
async def test_each_file_that_is_not_there_yet_gets_one_reply_and_no_false_sentence(count: int, tmp_path: Path) -> None:
    recording = record(tmp_path / "visit.mp3", tone(1.0), "mp3", "mp3")
    plain = Options(retry_delays=(0.0, 0.2, 0.5), share_delay=0.02, unready_seconds=20.0, unready_seed=20261125)
    options = with_manifest(plain, ROOT / "manifest.yml")
    (tmp_path / "bot").mkdir()
    async with open_place(tmp_path / "bot", InvoxSimulator(InvoxSettings(job_seconds=0.2)), options=options) as place:
        await place.start()
        names = ("visit.mp3", "recording")  # without an extension the type is all that tells what it is
        create = place.slack.workspace.create_channel
        channels = [create(f"room-{number}", "public", [ALICE, BOT_USER]).id for number in range(CHANNELS)]
        messages = [
            await place.upload(
                Upload(names[number % 2], recording, mimetype="audio/mpeg"), channel=channels[number % CHANNELS]
            )
            for number in range(count)
        ]
        await asyncio.gather(*(place.answered(message, timeout=400) for message in messages))
        replies = [place.replies(message) for message in messages]
        assert [len(each) for each in replies] == [1] * count
        assert [shown(reply) for (reply,) in replies if not headline(reply)] == []
        forms = {file.unready for file in place.slack.workspace.files.values()}
        assert forms == set(UNREADY)
        waited = [line for line in place.bot.lines if '"detail": "a new file: ' in line]
        assert len(waited) >= count / 4  # many were asked for too early
