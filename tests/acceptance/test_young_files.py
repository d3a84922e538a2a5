"""Two hundred recordings, each incomplete at first in one of the ways in which Slack leaves them so."""

import asyncio
from pathlib import Path

import pytest

from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import UNREADY, Options
from simulators.slack.records import BOT_USER
from tests.support.audio.recordings import record, tone
from tests.support.bot_harness import ALICE, headline, open_place, shown
from tests.support.bot_process import ROOT

FILES = 200
CHANNELS = 20  # a channel takes one message a second


@pytest.mark.timeout(500)
async def test_two_hundred_files_that_are_not_there_yet_get_two_hundred_replies_and_no_false_sentence(
    tmp_path: Path,
) -> None:
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
            for number in range(FILES)
        ]
        await asyncio.gather(*(place.answered(message, timeout=400) for message in messages))
        replies = [place.replies(message) for message in messages]
        assert [len(each) for each in replies] == [1] * FILES
        assert [shown(reply) for (reply,) in replies if not headline(reply)] == []
        forms = {file.unready for file in place.slack.workspace.files.values()}
        assert forms == set(UNREADY)
        waited = [line for line in place.bot.lines if '"detail": "a new file: ' in line]
        assert len(waited) >= FILES / 4  # many were asked for too early
