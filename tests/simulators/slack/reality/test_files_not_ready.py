"""Files that are incomplete for a while."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from simulators.slack.__main__ import parse
from simulators.slack.file_store import Upload
from simulators.slack.options import UNREADY, Unready
from simulators.slack.wire import Json
from tests.simulators.slack.peers import options
from tests.simulators.slack.reality.downloads import RIFF, download


async def _seen(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession, file_id: str
) -> tuple[set[Unready], Json]:
    """Return in which ways a file is incomplete now, as a client sees it, and its `files.info`."""
    forms: set[Unready] = set()
    status, body = await download(slack, http, file_id)
    forms |= {"http_404"} if status == 404 else set()
    forms |= {"login_page"} if status == 200 and b"Sign in" in body else set()
    try:
        file = (await web.files_info(file=file_id))["file"]
    except SlackApiError as error:
        return forms | {"file_not_found"} if error.response["error"] == "file_not_found" else set(), {}
    forms |= {"no_address"} if "url_private_download" not in file else set()
    forms |= {"size_zero"} if file["size"] == 0 else set()
    forms |= {"no_type"} if not file["mimetype"] and not file["filetype"] else set()
    return forms, file


@pytest.mark.parametrize("form", UNREADY)
async def test_a_file_is_incomplete_for_a_while(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession, form: Unready
) -> None:
    upload = Upload("visit.wav", RIFF, unready=form, unready_seconds=3600)
    file_id = (await slack.upload_as("U0ALICE", "C0CLINIC", upload)).files[0]
    assert (await _seen(slack, web, http, file_id))[0] == {form}
    slack.workspace.files[file_id].ready_at = 0.0
    assert (await _seen(slack, web, http, file_id))[0] == set()
    assert await download(slack, http, file_id) == (200, RIFF)


@pytest.mark.parametrize("form", UNREADY)
async def test_people_see_what_they_shared_at_once(
    slack: SlackSimulator, http: aiohttp.ClientSession, form: Unready
) -> None:
    upload = Upload("visit.wav", RIFF, unready=form, unready_seconds=3600)
    file_id = (await slack.upload_as("U0ALICE", "C0CLINIC", upload)).files[0]
    address = f"{slack.url}/files-pri/T0LOCAL-{file_id}/visit.wav?viewer=U0ALICE&token={slack.options.page_token}"
    async with http.get(address) as answer:
        assert (answer.status, await answer.read()) == (200, RIFF)


def test_a_workspace_from_the_command_line_has_files_that_are_incomplete_at_first() -> None:
    assert parse([])[0].unready_seconds == 1.0
    assert parse(["--unready-seconds", "0"])[0].unready_seconds == 0.0


async def test_ways_to_be_incomplete_are_drawn_for_each_file_and_end(http: aiohttp.ClientSession) -> None:
    drawn = []
    for _ in range(2):
        async with SlackSimulator(options(unready_seconds=60.0, unready_seed=7)) as slack:
            uploads = [Upload(f"{number}.wav", RIFF) for number in range(60)]
            message = await slack.upload_as("U0ALICE", "C0CLINIC", *uploads)
            files = [slack.workspace.files[name] for name in message.files]
            drawn.append([file.unready for file in files])
            now = asyncio.get_running_loop().time()
            assert all(10 < file.ready_at - now <= 60 for file in files)
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) == set(UNREADY)


async def test_what_the_app_uploads_itself_is_complete_at_once(web: AsyncWebClient, slack: SlackSimulator) -> None:
    slack.options.unready_seconds = 3600
    shared = await web.files_upload_v2(channel="C0CLINIC", content="text", filename="transcript.txt")
    assert shared["files"][0]["url_private"]
