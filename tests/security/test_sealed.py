"""With a storage key no word, name or cause that the bot has heard of lies anywhere; after an erasure not without one.

The real bot runs with a real key: a recording with a speaking name is transcribed, its speakers are named, it is
searched, downloaded and transcribed again, another fails with a provider's words, a third is cut off in the middle, a
provider's webhook waits. Then every byte that the bot leaves is searched: the database with its log, the directory of
recordings and all temporary files, what it logged at info, its metrics, the audit log.
"""

import base64
import os
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest

from simulators.provider.faults import Fault as ServiceFault
from simulators.provider.results import Segment, Transcript
from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import ALICE, Place, fast_xosum, open_place

KEY = base64.b64encode(bytes(range(32))).decode()
MARKERS = {
    "word": "Marigoldword",
    "title": "Larkspurtitle",
    "summary": "Foxglovesummary",
    "file": "Hollyhockfile",
    "failed file": "Snapdragonfile",
    "cut file": "Delphiniumfile",
    "speaker": "Wisteriaspeaker",
    "searched": "Nasturtiumsearch",
    "cause": "Hyacinthcause",
}


@pytest.fixture(params=["sealed", "in the clear"])
async def place(tmp_path: Path, recording: bytes, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    (tmp_path / "tmp").mkdir()
    service = fast_xosum()
    said = [
        Segment(text=f"Good morning, {MARKERS['word']} is my name.", speaker=0, start=0.0, end=3.0),
        Segment(text="How are you today?", speaker=1, start=3.0, end=5.0),
    ]
    result = Transcript(segments=said, title=MARKERS["title"], summary=MARKERS["summary"])
    for each in (recording, recording + bytes(2)):
        service.results[sha256(each).hexdigest()] = result
    more = {"STORAGE_KEY": KEY} if request.param == "sealed" else {}
    more |= {"TMPDIR": str(tmp_path / "tmp"), "LOG_LEVEL": "info", "XOSUM_RECORDING_TYPE": "phone_call"}
    async with open_place(tmp_path, service, more=more) as found:
        yield found


@pytest.fixture
def recording(tmp_path: Path) -> bytes:
    return record(tmp_path / "visit.mp3", tone(2.0), "mp3", "mp3").read_bytes()


def lying(place: Place) -> dict[str, bytes]:
    """Every byte that the bot has left: files by name, but for the recording that the test itself made."""
    found = {"log": "\n".join(line for bot in place.bots for line in (*bot.lines, *bot.out)).encode()}
    for path in place.directory.rglob("*"):
        if path.is_file() and path.name != "visit.mp3":
            found[str(path.relative_to(place.directory))] = path.read_bytes()
            found[f"the name of {path.relative_to(place.directory)}"] = path.name.encode()
    return found


def leaks(found: dict[str, bytes]) -> list[tuple[str, str]]:
    """Which marker is where, in any case: the index of words folds them."""
    return [
        (kind, name)
        for kind, marker in MARKERS.items()
        for name, data in found.items()
        if marker.lower().encode() in data.lower()
    ]


async def everything(place: Place, recording: bytes) -> None:
    """A run of all that hears or says a name."""
    message = await place.upload(Upload(f"{MARKERS['file']} Anna.mp3", recording))
    (reply,) = await place.answered(message)
    await place.slack.act_as(ALICE, reply, "rename_speakers")
    names = {
        f"speaker.{n}": {"name": {"type": "plain_text_input", "value": f"{MARKERS['speaker']} {n}"}} for n in (0, 1)
    }
    await place.slack.until(lambda: "speaker.0" in str(place.slack.views.top(ALICE)))
    assert await place.slack.submit_as(ALICE, names) == {}
    await place.slack.until(lambda: MARKERS["speaker"] in str(place.thread(message)))
    assert MARKERS["file"] in await place.command(ALICE, "list channel")
    await place.command(ALICE, f"search {MARKERS['word']}")
    await place.command(ALICE, f"search {MARKERS['searched']}")
    (job,) = place.jobs(message)
    option = {"text": {"type": "plain_text", "text": "txt"}, "value": f"{job['id']}.txt"}
    await place.slack.act_as(ALICE, place.replies(message)[-1], "download_transcript", selected_option=option)
    await place.slack.until(lambda: any(each.files for each in place.thread(message)))
    await place.command(ALICE, "audit")
    assert place.service is not None
    place.service.faults.add(ServiceFault(kind="failed", operation="read", text=f"cannot align {MARKERS['cause']}"))
    place.service.faults.add(ServiceFault(kind="failed", operation="read", text=f"cannot align {MARKERS['cause']}"))
    failed = await place.upload(Upload(f"{MARKERS['failed file']}.mp3", recording + b"\0"))
    await place.answered(failed)
    slow = place.slack.fault(Fault("/files-pri/*", times=None, pace=2000.0))
    cut = await place.upload(Upload(f"{MARKERS['cut file']}.mp3", recording + b"\0\0"))
    await place.until_row(lambda: place.rows("SELECT 1 FROM job WHERE lease_token <> ''"))
    await place.command(ALICE, "status")
    place.slack.faults.clear(slow.id)
    await place.answered(cut)


async def asked(place: Place) -> bytes:
    """What the operator's routes say."""
    said = b""
    async with aiohttp.ClientSession() as session:
        for path in ("/metrics", "/readyz", "/healthz"):
            async with session.get(f"{place.bot.admin}{path}") as answer:
                said += await answer.read()
    return said


async def test_nothing_that_was_said_or_named_lies_anywhere(place: Place, recording: bytes) -> None:
    sealed = "STORAGE_KEY" in place.environment
    await place.start()
    await everything(place, recording)
    found = lying(place) | {"metrics": await asked(place)}
    assert len([name for name in found if "jobs.db" in name]) >= 2  # with its log
    if sealed:
        assert leaks(found) == []
    else:  # the search finds what is there to be found
        kinds = {kind for kind, name in leaks(found) if "jobs.db" in name}
        assert kinds >= {"word", "title", "summary", "file", "failed file", "cut file", "speaker"}
        assert [(kind, name) for kind, name in leaks(found) if "jobs.db" not in name] == []
    assert await place.bot.stop() == 0
    exported = await place.run("audit", "--json")
    assert exported.process.returncode == 0
    assert len(exported.out) >= 6
    assert leaks({"audit": "\n".join(exported.out).encode()}) == []
    erased = await place.run("erase", "--user", ALICE, "--yes")
    assert erased.process.returncode == 0, erased.lines
    assert place.rows("SELECT count(*) AS n FROM job")[0]["n"] == 0
    assert leaks(lying(place)) == []
    assert os.listdir(place.directory / "tmp") == []
