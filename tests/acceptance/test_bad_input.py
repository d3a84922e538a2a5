"""What people send that is no recording: one sentence where they meant it, silence where they did not, no bill."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from simulators.xosum import XosumSimulator
from tests.audio.recordings import record, silent_film, tone
from tests.support.bot_harness import ALICE, CLINIC, DIRECT, Place, headline, shown

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + bytes(range(256)) * 8
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(600)
NOISE = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes((n * 7919) % 251 for n in range(20_000))


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"MAX_FILE_MB": "2"}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("clips") / "visit.mp3", tone(2.0), "mp3", "mp3")


def film(directory: Path) -> Upload:
    return Upload("round.mp4", silent_film(directory / "round.mp4"))


REFUSED: list[tuple[str, Callable[[Path], Upload], str]] = [
    ("an empty file", lambda _: Upload("visit.mp3", b""), "is empty"),
    ("a damaged MP3", lambda _: Upload("visit.mp3", NOISE), "is damaged"),
    ("a PDF that is called MP3", lambda _: Upload("visit.mp3", PDF), "not audio or video"),
    ("a picture sent as a voice clip", lambda _: Upload("clip.m4a", PNG, subtype="slack_audio"), "not audio or video"),
    ("a video without sound", film, "has no sound"),
    ("a file above the limit", lambda _: Upload("visit.wav", b"RIFF", size=5 << 20), "the limit is 2 MB"),
    ("a file in Google Drive", lambda _: Upload("visit.mp3", mode="external"), "outside Slack"),
    ("a file that Slack hides", lambda _: Upload("visit.mp3", b"x", mode="hidden_by_limit"), "Slack hides this file"),
]


@pytest.mark.parametrize(("make", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_a_file_that_is_no_recording_is_answered_with_one_sentence_and_never_sent_on(
    place: Place, xosum: XosumSimulator, tmp_path: Path, make: Callable[[Path], Upload], words: str
) -> None:
    message = await place.upload(make(tmp_path))
    (reply,) = await place.answered(message)
    assert words in shown(reply)
    assert not headline(reply)
    await place.settled(message, "failed")
    assert xosum.ledger.requests == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("/files-pri/*", times=None, login=True), "files:read permission"),
        (Fault("/files-pri/*", times=None, content_length=77), "does not match the file that it announced"),
        (Fault("/files-pri/*", times=None, status=404), "was deleted from Slack"),
        (Fault("/files-pri/*", times=None, status=403), "files:read permission"),
    ],
    ids=["the login page", "another length", "nothing", "a refusal"],
)
async def test_what_slack_delivers_in_place_of_the_file_is_said_and_never_sent_on(
    place: Place, xosum: XosumSimulator, recording: Path, fault: Fault, words: str
) -> None:
    place.slack.fault(fault)
    message = await place.upload(Upload("visit.mp3", recording))
    (reply,) = await place.answered(message)
    assert words in shown(reply)
    await place.settled(message, "failed")
    assert xosum.ledger.requests == []


async def test_a_download_that_leads_off_slack_takes_no_token_along(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    place.slack.delivery.flow = "hold"
    message = await place.upload(Upload("visit.mp3", recording))
    elsewhere = f"{place.slack.elsewhere_url}/bytes/{message.files[0]}"
    place.slack.fault(Fault("/files-pri/*", times=None, redirect=elsewhere))
    place.slack.delivery.resume()
    await place.answered(message)
    assert any(entry.host in elsewhere for entry in place.slack.ledger.entries)  # it was asked, without a token
    assert place.slack.ledger.strays == []


async def test_a_download_that_breaks_off_is_taken_again_and_answered_once(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    place.slack.fault(Fault("/files-pri/*", truncate=500))
    message = await place.upload(Upload("visit.mp3", recording))
    (reply,) = await place.answered(message)
    assert headline(reply)
    assert len(xosum.billed) == 1


@pytest.mark.parametrize(
    "upload",
    [
        Upload("chart.png", PNG),
        Upload("notes.txt", b"Bring the forms on Monday."),
        Upload("letter.pdf", PDF),
        Upload("visit.mp3", b"", mode="tombstone"),
        Upload("notes.md", b"# Plan", mode="snippet"),
    ],
    ids=lambda upload: f"{upload.name} {upload.mode}",
)
async def test_a_file_that_nobody_means_as_a_recording_is_left_alone(
    place: Place, xosum: XosumSimulator, upload: Upload
) -> None:
    message = await place.upload(upload)
    await place.slack.delivery.settled()  # acknowledged, so committed, if there was anything to commit
    assert place.jobs(message) == []
    assert (place.thread(message), message.reactions) == ([], {})
    assert xosum.ledger.requests == []


async def test_a_nameless_file_is_looked_into_and_left_alone_without_a_word(
    place: Place, xosum: XosumSimulator
) -> None:
    message = await place.upload(Upload("attachment", b"just some words\n" * 40, mimetype="application/octet-stream"))
    await place.slack.delivery.settled()
    await place.settled(message, "done")
    assert place.jobs(message)[0]["outcome"] == "silent"
    assert place.thread(message) == []
    assert xosum.ledger.requests == []


async def test_a_file_that_is_deleted_before_it_could_be_read_is_said_to_be_gone(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    hold = place.slack.fault(Fault("files.info", times=None, hold="before"))
    message = await place.upload(Upload("visit.mp3", recording))
    await place.slack.until(lambda: place.slack.calls("files.info") > 0)
    place.slack.people.delete_file(ALICE, message.files[0])
    place.slack.faults.clear(hold.id)
    (reply,) = await place.answered(message)
    assert "was deleted" in shown(reply)
    assert xosum.ledger.requests == []


async def test_a_file_that_is_deleted_in_mid_job_ends_it_and_takes_its_content_along(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    xosum.plan(seconds=600)
    message = await place.upload(Upload("visit.mp3", recording))
    await place.settled(message, "waiting")
    place.slack.people.delete_file(ALICE, message.files[0])
    (reply,) = await place.answered(message)
    assert "The file was deleted, so I stopped." in shown(reply)
    await place.settled(message, "cancelled")
    job = place.jobs(message)[0]["id"]
    assert place.rows("SELECT 1 FROM transcript WHERE job_id = ?", job) == []


async def test_bad_files_beside_good_ones_do_not_hold_them_up(
    place: Place, xosum: XosumSimulator, recording: Path
) -> None:
    message = await place.upload(
        Upload("broken.mp3", NOISE), Upload("visit.mp3", recording), Upload("chart.png", PNG), channel=DIRECT
    )
    replies = await place.answered(message, count=2)
    assert sorted(bool(headline(reply)) for reply in replies) == [False, True]
    assert len(xosum.billed) == 1
    assert CLINIC not in {reply.channel for reply in replies}
