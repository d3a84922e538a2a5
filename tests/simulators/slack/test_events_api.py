"""The Events API over HTTP: signed requests, URL verification, and repeats with Slack's headers."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from simulators.slack import SlackSimulator
from simulators.slack.outgoing.events_api import signature
from simulators.slack.wire import SlackError
from tests.simulators.slack.peers import client, new_app, options, over_http
from tests.support.machine.http_server import serving


class Endpoint:
    """A request URL of our own, that answers as it is told and keeps what it got."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[web.Request], Awaitable[web.Response]] = self.fine
        self.url = ""

    async def fine(self, _request: web.Request) -> web.Response:
        return web.Response()

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return await self.answer(request)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application()
    app.router.add_post("/slack/events", endpoint.handle)
    async with serving(app) as address:
        endpoint.url = f"{address}/slack/events"
        yield endpoint


@pytest.fixture
async def slack(endpoint: Endpoint) -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(options(ack_timeout=30.0)) as slack:
        await slack.use_http(endpoint.url, verify=False)
        yield slack


async def test_requests_are_signed_so_that_the_sdk_accepts_them(slack: SlackSimulator, endpoint: Endpoint) -> None:
    slack.say_as("U0ALICE", "C0CLINIC", "Բարեւ")
    await slack.command_as("U0ALICE", "C0CLINIC", "/transcribe", "a b & c")
    await slack.delivery.settled()
    verifier = SignatureVerifier(slack.signing_secret)
    assert len(endpoint.requests) == 2
    for headers, body in endpoint.requests:
        assert verifier.is_valid_request(body, headers)
        assert not SignatureVerifier("another secret").is_valid_request(body, headers)


@given(text=st.text(), secret=st.text(alphabet="0123456789abcdef", min_size=1))
def test_a_signature_holds_for_that_body_and_secret_only(text: str, secret: str) -> None:
    body = text.encode()
    moment = str(int(time.time()))
    verifier = SignatureVerifier(secret)
    assert verifier.is_valid(body, moment, signature(secret, moment, body))
    assert not verifier.is_valid(body + b"x", moment, signature(secret, moment, body))


async def test_a_failed_delivery_is_repeated_with_slacks_headers(slack: SlackSimulator, endpoint: Endpoint) -> None:
    async def broken(_request: web.Request) -> web.Response:
        return web.Response(status=500)

    endpoint.answer = broken
    slack.say_as("U0ALICE", "C0CLINIC", "hello")
    await slack.delivery.settled()
    retries = [(h.get("X-Slack-Retry-Num"), h.get("X-Slack-Retry-Reason")) for h, _ in endpoint.requests]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len({body for _, body in endpoint.requests}) == 1


async def test_a_late_answer_counts_as_a_timeout(slack: SlackSimulator, endpoint: Endpoint) -> None:
    async def late(request: web.Request) -> web.Response:
        if len(endpoint.requests) > 1:
            return web.Response()
        slack.options.ack_timeout = 30.0  # of the repeat
        await slack.until(lambda: len(endpoint.requests) > 1)
        return web.Response()

    endpoint.answer = late
    slack.options.ack_timeout = 3.0
    slack.say_as("U0ALICE", "C0CLINIC", "hello")
    await slack.delivery.settled()
    assert endpoint.requests[1][0]["X-Slack-Retry-Reason"] == "http_timeout"
    assert slack.delivery.records[0].outcomes == ["http_timeout", "ok"]


async def test_the_app_can_ask_for_no_repeat(slack: SlackSimulator, endpoint: Endpoint) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=503, headers={"X-Slack-No-Retry": "1"})

    endpoint.answer = refuse
    slack.say_as("U0ALICE", "C0CLINIC", "hello")
    await slack.delivery.settled()
    assert len(endpoint.requests) == 1


async def test_a_dead_endpoint_is_a_failed_connection(slack: SlackSimulator) -> None:
    slack.options.request_url = "http://127.0.0.1:9/slack/events"
    slack.say_as("U0ALICE", "C0CLINIC", "hello")
    await slack.delivery.settled()
    assert slack.delivery.records[0].outcomes == ["connection_failed"] * 4


async def test_an_endpoint_that_does_not_echo_the_challenge_is_not_accepted(
    slack: SlackSimulator, endpoint: Endpoint
) -> None:
    with pytest.raises(SlackError, match="url_verification_failed"):
        await slack.use_http(endpoint.url)


async def test_a_stock_app_passes_verification_and_refuses_forged_requests() -> None:
    async with SlackSimulator(options()) as slack, over_http(new_app(slack)) as app:
        body = b'{"type":"event_callback","event":{"type":"message","text":"forged"}}'
        forged = slack.events_api.signed(b"another body")
        stale = slack.events_api.signed(body, timestamp=int(time.time()) - 600)
        for headers in (forged, stale, {}):
            sent = {"Content-Type": "application/json", **headers}
            status, _ = await slack.events_api.post_raw(body, sent)
            assert status == 401
        assert app.events == []


async def test_a_listener_that_fails_answers_500_and_the_repeat_succeeds() -> None:
    failures = [RuntimeError("the database is locked")]

    async def fail_once(_event: Any) -> None:
        if failures:
            raise failures.pop()

    async with SlackSimulator(options()) as slack, over_http(new_app(slack)) as app:
        app.also["message"] = fail_once
        slack.say_as("U0ALICE", "C0CLINIC", "hello")
        await app.settled()
        assert slack.delivery.records[0].outcomes == ["http_error", "ok"]


async def test_socket_mode_is_off_while_a_request_url_is_set(slack: SlackSimulator) -> None:
    answer = await client(slack).apps_connections_open(app_token=slack.app_token)
    assert answer["response_metadata"]["messages"] == ["[WARN] Socket Mode is not turned on."]


@pytest.mark.parametrize(
    ("content_type", "shown"), [("application/json; charset=utf-8", "answer"), ("text/plain", '{"text": "answer"}')]
)
async def test_an_answer_is_json_only_where_it_says_so(
    slack: SlackSimulator, endpoint: Endpoint, content_type: str, shown: str
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=b'{"text": "answer"}', headers={"Content-Type": content_type})

    endpoint.answer = answer
    await slack.command_as("U0ALICE", "C0CLINIC", "/transcribe", "x")
    (message,) = slack.messages("C0CLINIC")
    assert message.text == shown
