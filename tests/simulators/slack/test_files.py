"""Files in and out: uploads in three steps, downloads with their traps, large files, and faults on the bytes."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from simulators.slack.faults import Fault
from simulators.slack.file_store import Upload
from tests.simulators.slack.peers import options

SAMPLES = Path(__file__).parents[3] / "simulators" / "samples"
CONTENT = bytes(range(256)) * 4000


@pytest.fixture
async def http(slack: SlackSimulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {slack.bot_token}"}) as http:
        yield http


@pytest.fixture
async def file(slack: SlackSimulator, web: AsyncWebClient) -> dict[str, Any]:
    """A file of Alice's as files.info gives it."""
    message = await slack.upload_as("U0ALICE", "C0CLINIC", Upload("note.wav", CONTENT))
    return dict((await web.files_info(file=message.files[0]))["file"])


async def refused(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_download_gives_the_bytes_with_their_length_and_type(
    file: dict[str, Any], http: aiohttp.ClientSession
) -> None:
    for url in (file["url_private"], file["url_private_download"]):
        async with http.get(url) as answer:
            assert (answer.status, answer.content_type) == (200, "audio/wav")
            assert answer.content_length == file["size"] == len(CONTENT)
            assert await answer.read() == CONTENT


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=0-9", 206, CONTENT[:10]),
        ("bytes=1000000-", 206, CONTENT[1_000_000:]),
        ("bytes=-5", 206, CONTENT[-5:]),
        ("bytes=9999999-", 416, None),
    ],
)
@pytest.mark.parametrize("stored", [True, False])
async def test_a_part_can_be_asked_for(
    slack: SlackSimulator,
    web: AsyncWebClient,
    http: aiohttp.ClientSession,
    asked: Any,
    status: int,
    expected: Any,
    stored: Any,
) -> None:
    upload = Upload("a.wav", CONTENT) if stored else Upload("a.wav", CONTENT[:256], size=len(CONTENT))
    message = await slack.upload_as("U0ALICE", "C0CLINIC", upload)
    file = (await web.files_info(file=message.files[0]))["file"]
    async with http.get(file["url_private"], headers={"Range": asked}) as answer:
        assert answer.status == status
        if expected is not None:
            assert await answer.read() == expected


async def test_head_gives_the_length_alone(file: dict[str, Any], http: aiohttp.ClientSession) -> None:
    async with http.head(file["url_private"]) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(CONTENT)))


async def test_without_a_token_or_scope_a_download_is_a_login_page_with_status_200(
    slack: SlackSimulator, file: dict[str, Any], http: aiohttp.ClientSession
) -> None:
    async with aiohttp.ClientSession() as stranger, stranger.get(file["url_private"]) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "Sign in" in await answer.text()
    slack.tokens.rescope(["chat:write"])
    async with http.get(file["url_private"]) as answer:
        assert answer.content_type == "text/html"


async def test_or_a_redirect_to_the_login_page(slack: SlackSimulator, file: dict[str, Any]) -> None:
    slack.options.unauthorised_download = "redirect"
    async with aiohttp.ClientSession() as stranger:
        async with stranger.get(file["url_private"], allow_redirects=False) as answer:
            assert answer.status == 302
        async with stranger.get(file["url_private"]) as answer:
            assert (answer.status, answer.content_type, answer.url.path) == (200, "text/html", "/signin")


async def test_a_file_of_a_channel_the_app_is_not_in_is_out_of_reach(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    message = await slack.upload_as("U0ALICE", "C0GENERAL", Upload("a.wav", b"x"))
    assert await refused(web.files_info(file=message.files[0])) == "file_not_found"
    async with http.get(f"{slack.url}/files-pri/T0LOCAL-{message.files[0]}/a.wav") as answer:
        assert answer.content_type == "text/html"
    assert (await web.files_list())["files"] == []


async def test_the_pages_viewer_sees_what_that_person_may_see(slack: SlackSimulator, file: dict[str, Any]) -> None:
    private = await slack.upload_as("U0ALICE", "G0BOARD", Upload("b.wav", b"secret"))
    url = f"{slack.url}/files-pri/T0LOCAL-{private.files[0]}/b.wav"
    async with aiohttp.ClientSession(headers={"X-Page-Token": slack.options.page_token}) as page:
        async with page.get(url, params={"viewer": "U0ALICE"}) as answer:
            assert await answer.read() == b"secret"
        async with page.get(url, params={"viewer": "U0BOB"}) as answer:
            assert answer.content_type == "text/html"


async def test_a_deleted_file_is_gone(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession, file: dict[str, Any]
) -> None:
    assert await refused(web.files_delete(file=file["id"])) == "cant_delete_file"
    slack.people.delete_file("U0ALICE", file["id"])
    assert await refused(web.files_info(file=file["id"])) == "file_deleted"
    async with http.get(file["url_private"]) as answer:
        assert answer.status == 404
    shown = (await web.conversations_history(channel="C0CLINIC"))["messages"][0]
    assert shown["files"] == [{"id": file["id"], "mode": "tombstone"}]
    assert list(slack.store.directory.iterdir()) == []


async def test_history_shows_a_share_without_the_subtype_its_event_has(
    slack: SlackSimulator, web: AsyncWebClient, file: dict[str, Any]
) -> None:
    message = (await web.conversations_history(channel="C0CLINIC"))["messages"][0]
    assert message["files"][0]["id"] == file["id"]
    assert "subtype" not in message
    assert message["upload"] is False


async def test_shares_name_the_message_and_its_thread_once_they_are_filled(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    message = await slack.upload_as("U0ALICE", "C0CLINIC", Upload("a.wav", b"x"), thread_ts=root.ts)
    file = slack.workspace.files[message.files[0]]
    (share,) = (await web.files_info(file=file.id))["file"]["shares"]["public"]["C0CLINIC"]
    assert (share["ts"], share["thread_ts"]) == (message.ts, root.ts)
    file.shares_from = asyncio.get_running_loop().time() + 60
    assert (await web.files_info(file=file.id))["file"]["shares"] == {}


async def test_files_are_listed_newest_first_in_numbered_pages_and_by_time(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    for number in range(5):
        message = await slack.upload_as("U0ALICE", "C0CLINIC", Upload(f"{number}.wav", b"x"))
        slack.workspace.files[message.files[0]].created = 1000 + number
    page = await web.files_list(count=2, page=2)
    assert [f["name"] for f in page["files"]] == ["2.wav", "1.wav"]
    assert page["paging"] == {"count": 2, "total": 5, "page": 2, "pages": 3}
    recent = await web.files_list(ts_from="1003")
    assert [f["name"] for f in recent["files"]] == ["4.wav", "3.wav"]
    assert (await web.files_list(types="images"))["files"] == []
    assert await refused(web.files_list(types="audios")) == "unknown_type"


async def test_the_sdk_uploads_a_file_into_a_thread(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    answer = await web.files_upload_v2(
        content="all of it",
        filename="transcript.txt",
        title="Transcript",
        channel="C0CLINIC",
        initial_comment="here",
        thread_ts=root.ts,
    )
    await slack.until(lambda: bool(slack.replies("C0CLINIC", root.ts)))
    (reply,) = slack.replies("C0CLINIC", root.ts)
    assert (reply.text, reply.files, reply.user) == ("here", [answer["file"]["id"]], "U0BOT")
    async with http.get((await web.files_info(file=reply.files[0]))["file"]["url_private"]) as download:
        assert await download.text() == "all of it"


async def test_a_share_appears_some_time_after_the_upload_was_completed(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    slack.options.share_delay = 0.3
    await web.files_upload_v2(content="x", filename="a.txt", channel="C0CLINIC")
    assert slack.messages("C0CLINIC") == []
    await slack.until(lambda: bool(slack.messages("C0CLINIC")))


async def test_an_upload_takes_a_form_and_raw_bytes_and_refuses_another_length(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    async with aiohttp.ClientSession() as http:
        for body, status in (
            ({"file": io.BytesIO(b"12345")}, 200),
            (b"12345", 200),
            (b"1234", 400),
            (b"123456", 400),
        ):
            announced = await web.files_getUploadURLExternal(filename="a.bin", length=5)
            async with http.post(announced["upload_url"], data=body) as answer:
                assert answer.status == status
        async with http.post(f"{slack.url}/upload/v1/unknown", data=b"x") as answer:
            assert answer.status == 404


async def test_an_upload_is_completed_once_and_only_with_its_bytes(slack: SlackSimulator, web: AsyncWebClient) -> None:
    announced = await web.files_getUploadURLExternal(filename="a.bin", length=1)
    files = [{"id": announced["file_id"], "title": "A"}]
    empty = web.files_completeUploadExternal(files=files, channel_id="C0CLINIC")
    assert await refused(empty) == "file_update_failed"
    async with aiohttp.ClientSession() as http, http.post(announced["upload_url"], data=b"x"):
        pass
    outside = web.files_completeUploadExternal(files=files, channel_id="C0GENERAL")
    assert await refused(outside) == "not_in_channel"
    answer = await web.files_completeUploadExternal(files=files, channel_id="C0CLINIC")
    assert (answer["files"][0]["id"], answer["files"][0]["title"]) == (announced["file_id"], "A")
    again = web.files_completeUploadExternal(files=files, channel_id="C0CLINIC")
    assert await refused(again) == "file_not_found"
    unknown = web.files_completeUploadExternal(files=[{"id": "F0NONE"}], channel_id="C0CLINIC")
    assert await refused(unknown) == "file_not_found"


async def test_uploads_may_be_refused_by_policy(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.options.uploads_refused = "file_uploads_disabled"
    refusal = web.files_upload_v2(content="x", filename="a.txt", channel="C0CLINIC")
    assert await refused(refusal) == "file_uploads_disabled"


async def test_an_empty_upload_is_refused(web: AsyncWebClient) -> None:
    assert await refused(web.files_getUploadURLExternal(filename="a.txt", length=0)) == "invalid_arguments"


async def test_a_large_file_is_made_of_a_repeated_sample_and_never_stored(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    size = 64 * 1024 * 1024 + 17
    message = await slack.upload_as("U0ALICE", "C0CLINIC", Upload("big.wav", b"RIFF" + bytes(1000), size=size))
    file = (await web.files_info(file=message.files[0]))["file"]
    received = 0
    async with http.get(file["url_private"]) as answer:
        assert answer.content_length == file["size"] == size
        async for chunk in answer.content.iter_chunked(1 << 20):
            received += len(chunk)
    assert received == size
    assert list(slack.store.directory.iterdir()) == []


async def test_an_uploads_bytes_lie_on_disk_and_go_with_the_workspace(tmp_path: Path) -> None:
    source = tmp_path / "a.wav"
    source.write_bytes(CONTENT)
    async with SlackSimulator(options()) as slack:
        message = await slack.upload_as("U0ALICE", "C0CLINIC", Upload("a.wav", source))
        kept = slack.workspace.files[message.files[0]].path
        assert kept is not None
        assert kept.read_bytes() == CONTENT
    assert not kept.exists()
    assert source.exists()


async def test_a_download_may_break_off(
    slack: SlackSimulator, file: dict[str, Any], http: aiohttp.ClientSession
) -> None:
    slack.fault(Fault("/files-pri/*", truncate=1000))
    async with http.get(file["url_private"]) as answer:
        assert answer.content_length == len(CONTENT)
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    async with http.get(file["url_private"]) as answer:
        assert await answer.read() == CONTENT


async def test_a_download_may_announce_another_length(
    slack: SlackSimulator, file: dict[str, Any], http: aiohttp.ClientSession
) -> None:
    slack.fault(Fault("/files-pri/*", content_length=1000))
    async with http.get(file["url_private"]) as answer:
        assert await answer.read() == CONTENT[:1000]
    slack.fault(Fault("/files-pri/*", content_length=len(CONTENT) + 1))
    async with http.get(file["url_private"]) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_download_may_be_a_login_page_or_of_another_type_or_content(
    slack: SlackSimulator, file: dict[str, Any], http: aiohttp.ClientSession
) -> None:
    slack.fault(Fault("/files-pri/*", login=True))
    async with http.get(file["url_private"]) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    slack.fault(Fault("/files-pri/*", content_type="application/zip"))
    async with http.get(file["url_private"]) as answer:
        assert answer.content_type == "application/zip"
    slack.fault(Fault("/files-pri/*", body="<html>"))
    async with http.get(file["url_private"]) as answer:
        assert (answer.content_type, await answer.text()) == ("audio/wav", "<html>")


async def test_a_download_may_be_redirected_to_a_host_that_must_not_see_the_token(
    slack: SlackSimulator, file: dict[str, Any], http: aiohttp.ClientSession
) -> None:
    slack.fault(Fault("/files-pri/*", redirect=f"{slack.elsewhere_url}/bytes/{file['id']}", times=2))
    async with http.get(file["url_private"], allow_redirects=False) as answer:
        target = answer.headers["Location"]
    async with aiohttp.ClientSession() as bare, bare.get(target) as answer:
        assert await answer.read() == CONTENT
    assert slack.ledger.strays == []
    async with http.get(target):
        pass
    assert len(slack.ledger.strays) == 1


async def test_a_download_may_be_slower_than_the_client_has_patience(
    slack: SlackSimulator, file: dict[str, Any], http: aiohttp.ClientSession
) -> None:
    fault = slack.fault(Fault("/files-pri/*", pace=200_000))
    with pytest.raises(TimeoutError):
        async with http.get(file["url_private"], timeout=aiohttp.ClientTimeout(total=0.2)) as answer:
            await answer.read()
    assert fault.seen == 1


async def test_an_upload_may_fail_on_its_way(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.fault(Fault("/upload/*", status=500))
    with pytest.raises(SlackRequestError):
        await web.files_upload_v2(content="x", filename="a.txt", channel="C0CLINIC")
    slack.fault(Fault("/upload/*", cut="after"))
    with pytest.raises(aiohttp.ClientError):
        await web.files_upload_v2(content="x", filename="a.txt", channel="C0CLINIC")


async def test_a_voice_clip_is_served_as_an_mp4_of_another_length_than_its_recorders_file(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    recorded = (SAMPLES / "sense_0920.webm").read_bytes()
    clip = Upload("audio_message.webm", recorded, subtype="slack_audio", mimetype="audio/webm")
    message = await slack.upload_as("U0ALICE", "C0CLINIC", clip)
    file = (await web.files_info(file=message.files[0]))["file"]
    assert (file["size"], file["mimetype"], file["filetype"]) == (len(recorded), "audio/webm", "webm")
    assert file["duration_ms"] == pytest.approx(6060, abs=60)
    place = rf"{slack.url}/files-tmb/T0LOCAL-{file['id']}-[0-9a-f]{{10}}"
    assert re.fullmatch(rf"{place}/audio_message_audio\.mp4", file["url_private"])
    assert re.fullmatch(rf"{place}/download/audio_message_audio\.mp4", file["url_private_download"])
    assert file["aac"] == file["url_private"]
    async with http.get(file["url_private_download"]) as answer:
        served = await answer.read()
        assert (answer.content_type, answer.content_length) == ("audio/mp4", len(served))
    assert len(served) != len(recorded)
    with av.open(io.BytesIO(served)) as played:
        assert played.streams.audio[0].codec_context.codec.name == "aac"
    async with aiohttp.ClientSession() as stranger, stranger.get(file["url_private_download"]) as answer:
        assert answer.content_type == "text/html"


@pytest.mark.parametrize("announced", [10, 2_000_000])
async def test_a_voice_clip_may_announce_any_size(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession, announced: Any
) -> None:
    clip = Upload("audio_message.m4a", CONTENT, subtype="slack_audio", announced=announced)
    message = await slack.upload_as("U0ALICE", "C0CLINIC", clip)
    file = (await web.files_info(file=message.files[0]))["file"]
    assert file["size"] == announced
    async with http.get(file["url_private_download"], headers={"Range": "bytes=5-9"}) as answer:
        assert (answer.status, await answer.read()) == (206, CONTENT[5:10])
        assert answer.headers["Content-Range"] == f"bytes 5-9/{len(CONTENT)}"


async def test_a_download_may_know_no_parts_and_no_length(
    slack: SlackSimulator, file: dict[str, Any], http: aiohttp.ClientSession
) -> None:
    slack.fault(Fault("/files-pri/*", times=None, no_range=True))
    async with http.get(file["url_private"], headers={"Range": "bytes=5-9"}) as answer:
        assert (answer.status, answer.content_length, await answer.read()) == (200, len(CONTENT), CONTENT)
    slack.faults.clear()
    slack.fault(Fault("/files-pri/*", times=None, no_length=True))
    async with http.get(file["url_private"]) as answer:
        assert (answer.status, answer.content_length, await answer.read()) == (200, None, CONTENT)
    async with http.get(file["url_private"], headers={"Range": "bytes=5-9"}) as answer:
        assert (answer.status, answer.content_length, await answer.read()) == (206, None, CONTENT[5:10])
        assert answer.headers["Content-Range"] == "bytes 5-9/*"
