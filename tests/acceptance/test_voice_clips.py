"""A voice clip recorded in Slack has another length than its file object says: answered once, whole, at the provider.

309,514 bytes announced and 171,187 served are what was measured on a real clip.
"""

import hashlib

import pytest

from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from tests.support.audio.recordings import SAMPLES, record, tone
from tests.support.harnesses.bot import Place, headline

pytestmark = pytest.mark.asyncio(loop_scope="module")

BROWSERS = SAMPLES / "sense_0920.webm"
RECORDED = BROWSERS.stat().st_size
SIZES = [(309_514, 171_187), (171_187, 309_514), (40_000, 20_000), (20_000, 40_000)]


@pytest.fixture(scope="module")
def service() -> InvoxSimulator:
    """It takes M4A as it is, so that what it gets are the very bytes that Slack serves."""
    return InvoxSimulator(InvoxSettings(job_seconds=0.05))


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"MAX_FILE_MB": "1"}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return record(tmp_path_factory.mktemp("clips") / "a.m4a", tone(2.0), "aac", "ipod", bit_rate=32_000).read_bytes()


def filled_up(recording: bytes, length: int) -> bytes:
    """The recording at exactly this length, by a box `free` between its sound and the index at its end."""
    index = recording.rindex(b"moov") - 4
    pad = length - len(recording)
    assert pad >= 8
    return recording[:index] + pad.to_bytes(4, "big") + b"free" + bytes(pad - 8) + recording[index:]


@pytest.mark.parametrize("no_range", [False, True], ids=["ranges", "no ranges"])
@pytest.mark.parametrize("no_length", [False, True], ids=["length", "no length"])
@pytest.mark.parametrize(("announced", "served"), SIZES)
async def test_a_clip_of_another_length_than_announced_is_answered_once_and_reaches_the_provider_whole(
    place: Place,
    service: InvoxSimulator,
    recording: bytes,
    announced: int,
    served: int,
    no_range: bool,
    no_length: bool,
) -> None:
    content = filled_up(recording, served)
    billed = len(service.billed)
    place.slack.fault(Fault("/files-tmb/*", times=None, no_range=no_range, no_length=no_length))
    message = await place.upload(
        Upload("audio_message.m4a", content, subtype="slack_audio", announced=announced, mimetype="audio/mp4")
    )
    (reply,) = await place.answered(message)
    assert headline(reply)
    await place.settled(message, "done")
    assert place.replies(message) == [reply]
    (new,) = service.billed[billed:]
    assert (new.size, new.sha256) == (served, hashlib.sha256(content).hexdigest())


async def test_a_clip_announced_above_the_limit_is_taken_when_what_is_served_is_below(
    place: Place, recording: bytes
) -> None:
    message = await place.upload(
        Upload("audio_message.m4a", filled_up(recording, 20_000), subtype="slack_audio", announced=30 << 20)
    )
    (reply,) = await place.answered(message)
    assert headline(reply)


async def test_a_browsers_clip_is_transcribed_from_what_slack_made_of_it(place: Place, service: InvoxSimulator) -> None:
    message = await place.upload(Upload("audio_message.webm", BROWSERS, subtype="slack_audio"))
    (reply,) = await place.answered(message)
    assert headline(reply)
    file = place.slack.workspace.files[message.files[0]]
    assert file.announced == RECORDED
    assert service.billed[-1].size == file.size != file.announced
