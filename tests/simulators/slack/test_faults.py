"""Faults on request: answers that are wrong, late or lost, and what was committed nevertheless."""

import asyncio
from functools import partial
from typing import Any, Literal

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from simulators.slack import SlackSimulator
from simulators.slack.faults import Fault
from simulators.slack.file_store import CHUNK, Upload
from tests.simulators.slack.peers import client


def post(web: AsyncWebClient, text: str = "hello") -> Any:
    return web.chat_postMessage(channel="C0CLINIC", text=text)


def texts(slack: SlackSimulator) -> list[str]:
    return [message.text for message in slack.messages("C0CLINIC")]


async def test_a_rate_limit_is_answered_as_often_as_asked(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.fault(Fault("chat.postMessage", times=2, status=429, retry_after=7))
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await post(web)
        assert caught.value.response.status_code == 429
        assert caught.value.response["error"] == "ratelimited"
        assert caught.value.response.headers["Retry-After"] == "7"
    await post(web)
    assert texts(slack) == ["hello"]


async def test_a_fault_may_wait_for_the_calls_before_it(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.fault(Fault("chat.postMessage", skip=1, error="fatal_error"))
    await post(web, "first")
    with pytest.raises(SlackApiError, match="fatal_error"):
        await post(web, "second")
    await post(web, "third")
    assert texts(slack) == ["first", "third"]


async def test_a_fault_lasts_until_it_is_cleared(slack: SlackSimulator, web: AsyncWebClient) -> None:
    fault = slack.fault(Fault("chat.*", times=None, status=503))
    for _ in range(5):
        with pytest.raises(SlackApiError):
            await post(web)
    slack.faults.clear(fault.id)
    await post(web)
    assert fault.seen == 5


async def test_a_page_comes_instead_of_json(slack: SlackSimulator, web: AsyncWebClient) -> None:
    for status in (200, 502):
        slack.fault(Fault("chat.postMessage", html=True, status=0 if status == 200 else status))
        async with aiohttp.ClientSession() as http, http.post(slack.api_url + "chat.postMessage") as answer:
            assert (answer.status, answer.content_type) == (status, "text/html")


async def test_a_connection_cut_before_handling_leaves_nothing(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.fault(Fault("chat.postMessage", cut="before"))
    with pytest.raises(aiohttp.ClientError):
        await post(web)
    assert texts(slack) == []


async def test_a_connection_cut_after_committing_leaves_the_post_without_an_answer(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    slack.fault(Fault("chat.postMessage", cut="after"))
    with pytest.raises(aiohttp.ClientError):
        await post(web)
    assert texts(slack) == ["hello"]
    (entry,) = slack.ledger.of("chat.postMessage")
    assert (entry.cut, entry.status) == (True, 0)


async def test_a_client_that_repeats_by_itself_then_posts_twice(slack: SlackSimulator) -> None:
    web = client(slack)
    web.retry_handlers.append(AsyncConnectionErrorRetryHandler())
    slack.fault(Fault("chat.postMessage", cut="after"))
    await post(web)
    assert texts(slack) == ["hello", "hello"]


async def test_a_post_may_be_committed_after_its_connection_broke(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.fault(Fault("chat.postMessage", cut="later", delay=2.0))
    with pytest.raises(aiohttp.ClientError):
        await post(web)
    assert texts(slack) == []
    await slack.until(lambda: texts(slack) == ["hello"])


async def test_a_slow_call_is_committed_even_when_the_client_is_gone(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    slack.fault(Fault("chat.postMessage", delay=2.0))
    call = asyncio.create_task(post(web))
    await slack.until(lambda: slack.calls("chat.postMessage") == 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert texts(slack) == []
    await slack.until(lambda: texts(slack) == ["hello"])


async def test_a_call_can_be_held_before_and_after_it_is_handled(slack: SlackSimulator, web: AsyncWebClient) -> None:
    def held(fault: Fault, count: int) -> bool:
        return fault.seen == 1 and len(texts(slack)) == count

    moments: tuple[tuple[Literal["before", "after"], list[str], int], ...] = (
        ("before", [], 0),
        ("after", ["hello"], 1),
    )
    for when, committed, count in moments:
        fault = slack.fault(Fault("chat.postMessage", hold=when))
        call = asyncio.create_task(post(web))
        await slack.until(partial(held, fault, count))
        assert texts(slack) == committed
        assert not call.done()
        slack.faults.clear()
        await call
        slack.workspace.delete(slack.messages("C0CLINIC")[0])


async def test_a_post_may_become_visible_to_the_read_methods_late(slack: SlackSimulator, web: AsyncWebClient) -> None:
    root = slack.say_as("U0ALICE", "C0CLINIC", "root")
    slack.fault(Fault("chat.postMessage", visible_after=60))
    await web.chat_postMessage(channel="C0CLINIC", thread_ts=root.ts, text="late")

    async def read() -> list[str]:
        answer = await web.conversations_replies(channel="C0CLINIC", ts=root.ts)
        return [message["text"] for message in answer["messages"]]

    assert await read() == ["root"]
    (reply,) = slack.replies("C0CLINIC", root.ts)
    reply.visible_from -= 61
    assert await read() == ["root", "late"]


async def test_faults_by_path_reach_response_urls_and_other_methods_are_left_alone(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    url = slack.urls.create("U0ALICE", "C0CLINIC", family="commands")
    slack.fault(Fault("/commands/*", status=500))
    async with aiohttp.ClientSession() as http:
        async with http.post(url, json={"text": "x"}) as answer:
            assert answer.status == 500
        async with http.post(url, json={"text": "x"}) as answer:
            assert answer.status == 200
    assert (await web.auth_test())["ok"]


async def test_a_download_that_is_broken_off_is_no_error_in_the_log(
    slack: SlackSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    message = await slack.upload_as("U0ALICE", "C0CLINIC", Upload("note.wav", bytes(4 * CHUNK)))
    path = f"/files-pri/T0LOCAL-{message.files[0]}/note.wav"
    slack.fault(Fault(path, pace=4.0 * CHUNK))
    reader, writer = await asyncio.open_connection("127.0.0.1", slack.port)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{slack.port}\r\nAuthorization: Bearer {slack.bot_token}\r\n\r\n"
    writer.write(head.encode())
    async with asyncio.timeout(60):
        assert b" 200 " in await reader.readline()
        writer.transport.abort()
        await slack.until(lambda: slack.ledger.finished[path] > 0)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
