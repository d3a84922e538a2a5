"""The app's own files: not shared, known, refused."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from simulators.slack.faults import Fault
from simulators.slack.rules.refusals import RESERVE_REFUSALS, SHARE_REFUSALS


async def _reserved(web: AsyncWebClient, http: aiohttp.ClientSession) -> str:
    answer = await web.files_getUploadURLExternal(filename="t.txt", length=4)
    async with http.post(answer["upload_url"], data=b"text") as put:
        assert put.status == 200
    return str(answer["file_id"])


async def test_a_file_can_be_accepted_and_never_shared(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    slack.fault(Fault("files.completeUploadExternal", unshared=True))
    for shares in (0, 1):
        file_id = await _reserved(web, http)
        done = await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
        assert done["ok"]
        await slack.delivery.settled()
        assert len(slack.workspace.files[file_id].shares) == shares


async def test_completing_twice_is_refused_or_shares_again(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    file_id = await _reserved(web, http)
    await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
    with pytest.raises(SlackApiError, match="file_not_found"):
        await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
    slack.options.completing_twice = "shares_again"
    await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
    await slack.delivery.settled()
    assert [message.files for message in slack.messages("C0CLINIC")] == [[file_id]] * 2


async def test_an_upload_that_is_not_completed_may_be_known(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    file_id = await _reserved(web, http)
    with pytest.raises(SlackApiError, match="file_not_found"):
        await web.files_info(file=file_id)
    slack.options.reserved_is_known = True
    assert (await web.files_info(file=file_id))["file"]["shares"] == {}


@pytest.mark.parametrize("error", sorted({*RESERVE_REFUSALS, *SHARE_REFUSALS}))
async def test_files_are_refused_in_a_channel_or_everywhere(
    slack: SlackSimulator, web: AsyncWebClient, http: aiohttp.ClientSession, error: str
) -> None:
    file_id = await _reserved(web, http)
    slack.workspace.channels["C0CLINIC"].refuses_files = error
    with pytest.raises(SlackApiError, match=f"'{error}'"):
        await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CLINIC")
    assert (await web.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C0CALLS"))["ok"]
    slack.options.uploads_refused = error
    with pytest.raises(SlackApiError, match=f"'{error}'"):
        await web.files_getUploadURLExternal(filename="t.txt", length=4)
