"""Socket Mode as Slack does it: tickets, envelopes, repeats of what is not acknowledged, several sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from simulators.slack import SlackSimulator
from simulators.slack.faults import Fault
from tests.simulators.slack.peers import client, new_app, options, over_socket


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(options(ack_timeout=30.0)) as slack:
        yield slack


class BareSocket:
    """A socket of our own, that acknowledges only when it is told to."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def receive(self) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads((await self.socket.receive(timeout=60)).data))

    async def ack(self, envelope: dict[str, Any], **payload: Any) -> None:
        await self.socket.send_json({"envelope_id": envelope["envelope_id"], **payload})


async def opened(slack: SlackSimulator, http: aiohttp.ClientSession) -> BareSocket:
    answer = await client(slack, slack.app_token).apps_connections_open(app_token=slack.app_token)
    socket = BareSocket(await http.ws_connect(answer["url"]))
    assert (await socket.receive())["type"] == "hello"
    return socket


async def test_hello_counts_connections_and_names_the_app(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    kept = await opened(slack, http)
    answer = await client(slack, slack.app_token).apps_connections_open(app_token=slack.app_token)
    hello = json.loads((await (await http.ws_connect(answer["url"])).receive()).data)
    assert (hello["type"], hello["num_connections"]) == ("hello", 2)
    assert hello["connection_info"] == {"app_id": "A0LOCAL"}
    assert not kept.socket.closed


async def test_a_socket_may_never_say_hello_and_then_gets_no_event(
    slack: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    slack.fault(Fault("/link/", no_hello=True))
    answer = await client(slack, slack.app_token).apps_connections_open(app_token=slack.app_token)
    silent = await http.ws_connect(answer["url"])
    slack.options.retry_delays = ()
    slack.say_as("U0ALICE", "C0CLINIC", "hello")
    await slack.delivery.settled()
    assert slack.delivery.records[0].outcomes == ["no_connection"]
    assert slack.sockets.sockets == 1
    assert not silent.closed


async def test_a_ticket_is_good_for_one_connection(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    answer = await client(slack, slack.app_token).apps_connections_open(app_token=slack.app_token)
    await http.ws_connect(answer["url"])
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(answer["url"])


async def test_an_envelope_is_repeated_until_it_is_acknowledged(
    slack: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    socket = await opened(slack, http)
    slack.options.ack_timeout = 3.0  # a busy machine may be late to say what holds for the repeat
    slack.say_as("U0ALICE", "C0CLINIC", "hello")
    first = await socket.receive()
    slack.options.ack_timeout = 30.0
    second = await socket.receive()
    assert (first["type"], first["retry_attempt"], first["accepts_response_payload"]) == ("events_api", 0, False)
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
    assert second["payload"] == first["payload"]
    assert second["envelope_id"] != first["envelope_id"]
    await socket.ack(second)
    await slack.delivery.settled()
    assert slack.delivery.records[0].outcomes == ["timeout", "ok"]


async def test_an_event_is_given_up_after_three_repeats(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    socket = await opened(slack, http)
    slack.options.ack_timeout = 0.2
    slack.say_as("U0ALICE", "C0CLINIC", "hello")
    await slack.delivery.settled()
    assert slack.delivery.records[0].outcomes == ["timeout"] * 4
    assert [(await socket.receive())["retry_attempt"] for _ in range(4)] == [0, 1, 2, 3]


async def test_a_listener_that_fails_leaves_the_event_unacknowledged_and_the_repeat_succeeds(
    slack: SlackSimulator,
) -> None:
    failures = [RuntimeError("the database is locked")]
    slack.options.ack_timeout = 3.0

    async def fail_once(_event: Any) -> None:
        slack.options.ack_timeout = 30.0  # of the repeat
        if failures:
            raise failures.pop()

    async with over_socket(new_app(slack)) as app:
        app.also["message"] = fail_once
        slack.say_as("U0ALICE", "C0CLINIC", "hello")
        await app.settled()
    assert slack.delivery.records[0].outcomes == ["timeout", "ok"]
    assert len(app.events) == 2


async def test_a_command_is_not_repeated(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    socket = await opened(slack, http)
    slack.options.ack_timeout = 0.2
    outcome = await slack.command_as("U0ALICE", "C0CLINIC", "/transcribe", "x")
    assert outcome.failure == "timeout"
    envelope = await socket.receive()
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert "retry_attempt" not in envelope


async def test_an_acknowledgement_may_carry_the_answer(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    socket = await opened(slack, http)
    asked = asyncio.create_task(slack.command_as("U0ALICE", "C0CLINIC", "/transcribe", "x"))
    await socket.ack(await socket.receive(), payload={"text": "answer"})
    assert (await asked).payload == {"text": "answer"}
    assert slack.messages("C0CLINIC")[0].text == "answer"


async def test_each_event_goes_to_one_of_several_sockets(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    sockets = [await opened(slack, http) for _ in range(3)]
    for number in range(6):
        slack.say_as("U0ALICE", "C0CLINIC", str(number))
    texts = []
    for socket in sockets:
        for _ in range(2):
            envelope = await socket.receive()
            await socket.ack(envelope)
            texts.append(envelope["payload"]["event"]["text"])
    await slack.delivery.settled()
    assert sorted(texts) == list("012345")


async def test_an_eleventh_socket_is_turned_away(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    kept = [await opened(slack, http) for _ in range(10)]
    answer = await client(slack, slack.app_token).apps_connections_open(app_token=slack.app_token)
    eleventh = await http.ws_connect(answer["url"])
    assert json.loads((await eleventh.receive()).data)["reason"] == "too_many_websockets"
    assert slack.sockets.sockets == len(kept)


async def test_an_event_in_flight_when_its_socket_breaks_is_sent_over_the_next_one(
    slack: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    socket = await opened(slack, http)
    slack.options.retry_delays = (3.0,)  # by then the next socket is open
    slack.say_as("U0ALICE", "C0CLINIC", "hello")
    await socket.receive()
    await slack.disconnect("cut")
    second = await opened(slack, http)
    await second.ack(await second.receive())
    await slack.delivery.settled()
    assert slack.delivery.records[0].outcomes == ["connection_closed", "ok"]


async def test_events_while_no_socket_is_open_are_repeated_or_lost_as_set(slack: SlackSimulator) -> None:
    slack.options.retry_delays = (3.0,)  # by then the app is there
    slack.say_as("U0ALICE", "C0CLINIC", "kept")
    await slack.until(lambda: any(record.outcomes for record in slack.delivery.records))
    slack.options.offline_events = "drop"
    slack.say_as("U0ALICE", "C0CLINIC", "lost")
    await slack.until(lambda: len(slack.delivery.records) == 2 and slack.delivery.records[1].done)
    slack.options.offline_events = "retry"
    async with over_socket(new_app(slack)) as app:
        await app.settled()
    assert [event["text"] for event in app.events] == ["kept"]
    assert [record.outcomes for record in slack.delivery.records] == [["no_connection", "ok"], ["no_connection"]]


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "cut"])
async def test_a_stock_app_comes_back_after_a_disconnect_and_hears_on(slack: SlackSimulator, reason: str) -> None:
    async with over_socket(new_app(slack)) as app:
        slack.say_as("U0ALICE", "C0CLINIC", "before")
        await app.settled()
        assert await slack.disconnect(reason) == 1
        await slack.until(lambda: slack.sockets.opened == 2 and slack.sockets.online)
        slack.say_as("U0ALICE", "C0CLINIC", "after")
        await app.settled()
        assert [event["text"] for event in app.events] == ["before", "after"]


async def test_the_app_token_alone_opens_a_connection(slack: SlackSimulator) -> None:
    for token, error in (
        (slack.bot_token, "not_allowed_token_type"),
        ("xapp-wrong", "invalid_auth"),
    ):
        with pytest.raises(SlackApiError) as caught:
            await client(slack, token).apps_connections_open(app_token=token)
        assert caught.value.response["error"] == error


async def test_the_app_token_needs_its_scope(slack: SlackSimulator) -> None:
    slack.tokens.app.scopes.discard("connections:write")
    with pytest.raises(SlackApiError) as caught:
        await client(slack, slack.app_token).apps_connections_open(app_token=slack.app_token)
    assert (caught.value.response["error"], caught.value.response["needed"]) == ("missing_scope", "connections:write")


async def test_stray_frames_do_no_harm(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    socket = await opened(slack, http)
    await socket.socket.send_str("not json")
    await socket.socket.send_json({"envelope_id": "unknown"})
    slack.say_as("U0ALICE", "C0CLINIC", "hello")
    await socket.ack(await socket.receive())
    await slack.delivery.settled()
    assert slack.delivery.records[0].outcomes == ["ok"]


async def test_a_connection_that_is_cut_ends_without_a_close_frame(
    slack: SlackSimulator, http: aiohttp.ClientSession
) -> None:
    socket = await opened(slack, http)
    await slack.disconnect("cut")
    ended = await socket.socket.receive(timeout=60)
    assert ended.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    assert socket.socket.close_code != aiohttp.WSCloseCode.GOING_AWAY
    await slack.until(lambda: slack.sockets.sockets == 0)
