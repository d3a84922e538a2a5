"""The local page is for the window that opened it: not for other pages of the browser, nor for who knows the port."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from simulators.slack import Options, SlackSimulator
from simulators.slack.file_store import Upload
from simulators.slack.local_page.page_guard import own_hosts
from tests.simulators.slack.peers import client, options

EVIL = "https://evil.example"


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(options()) as slack:
        slack.say_as("U0ALICE", "C0CLINIC", "secret")
        yield slack


async def said(answer: aiohttp.ClientResponse) -> tuple[int, str]:
    """Return the status and the error of a refusal; nothing of the workspace may be in it."""
    text = await answer.text()
    assert "secret" not in text
    return answer.status, (await answer.json())["error"] if answer.content_type == "application/json" else ""


def history(slack: SlackSimulator, token: str | None = None) -> str:
    query = f"&token={slack.options.page_token if token is None else token}"
    return f"{slack.url}/local/history?user=U0ALICE&channel=C0CLINIC{query}"


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/local/state?user=U0ALICE", "/api/auth.test", "/control/info"])
async def test_another_hosts_name_for_this_port_is_refused(
    slack: SlackSimulator, http: aiohttp.ClientSession, path: str
) -> None:
    port = slack.url.rpartition(":")[2]
    for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}"):
        async with http.get(slack.url + path, headers={"Host": host}) as answer:
            assert await said(answer) == (421, "foreign_host")


async def test_this_hosts_own_names_are_taken(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    port = slack.url.rpartition(":")[2]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
        async with http.get(history(slack), headers={"Host": host, "Origin": f"http://{host}"}) as answer:
            assert (await answer.json())["messages"][0]["text"] == "secret"
    async with SlackSimulator(options(public_url="https://try.example")) as public:
        port = next(host.rpartition(":")[2] for host in public.workspace.hosts if ":" in host)
        url = history(public).replace("https://try.example", f"http://127.0.0.1:{port}")
        headers = {"Host": "try.example", "Origin": "https://try.example"}
        async with http.get(url, headers=headers) as answer:
            assert (await answer.json())["messages"] == []


def test_the_port_80_may_be_left_out_as_clients_do() -> None:
    assert own_hosts({"LocalHost"}, 80, "http://127.0.0.1:80") == {"localhost", "localhost:80", "127.0.0.1:80"}
    assert own_hosts({"localhost"}, 8080, "https://try.example") == {"localhost:8080", "try.example"}


async def test_a_foreign_page_gets_no_stream(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    live = f"{slack.url}/local/live?user=U0ALICE"
    for url, origin, status in (
        (f"{live}&token={slack.options.page_token}", EVIL, 403),
        (f"{live}&token={slack.options.page_token}", "null", 403),
        (live, slack.url, 403),
        (f"{live}&token=guess", slack.url, 403),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(url, origin=origin)
        assert caught.value.status == status
    async with http.ws_connect(f"{live}&token={slack.options.page_token}", origin=slack.url) as socket:
        assert (await socket.receive_json())["type"] == "bot"


async def test_nothing_is_read_without_the_token(slack: SlackSimulator, http: aiohttp.ClientSession) -> None:
    shared = await slack.upload_as("U0ALICE", "C0CLINIC", Upload("a.wav", b"secret"))
    file = f"{slack.url}/files-pri/T0LOCAL-{shared.files[0]}/a.wav?viewer=U0ALICE"
    for url in (history(slack, ""), history(slack, "guess"), file, f"{file}&token=guess"):
        async with http.get(url) as answer:
            assert await said(answer) == (403, "wrong_page_token")
    async with http.get(f"{slack.url}/") as answer:
        assert (answer.status, "terminal" in await answer.text()) == (403, True)
    async with http.get(f"{file}&token={slack.options.page_token}") as answer:
        assert await answer.read() == b"secret"
    async with http.get(slack.page_url) as answer:
        assert (answer.status, answer.headers["Referrer-Policy"]) == (200, "no-referrer")


@pytest.mark.parametrize("path", ["message", "sample", "command", "delete", "upload"])
async def test_a_form_of_a_foreign_page_does_nothing(
    slack: SlackSimulator, http: aiohttp.ClientSession, path: str
) -> None:
    body = '{"user": "U0ALICE", "channel": "C0CLINIC", "text": "forged", "command": "/transcribe"}'
    token = {"X-Page-Token": slack.options.page_token}
    for headers in ({}, {"Origin": EVIL}, {"Origin": EVIL, **token}):
        plain = {"Content-Type": "text/plain", **headers}
        async with http.post(f"{slack.url}/local/{path}", data=body, headers=plain) as answer:
            assert answer.status in {403, 415}
    if path != "upload":
        plain = {"Content-Type": "text/plain", **token}
        async with http.post(f"{slack.url}/local/{path}", data=body, headers=plain) as answer:
            assert await said(answer) == (415, "json_expected")
    assert [message.text for message in slack.messages("C0CLINIC")] == ["secret"]


async def test_control_is_there_only_when_asked_for(http: aiohttp.ClientSession) -> None:
    assert Options().control is False
    async with SlackSimulator(options()) as slack, http.get(f"{slack.url}/control/info") as answer:
        assert answer.status == 404
        assert slack.bot_token not in await answer.text()
    async with SlackSimulator(options(control=True)) as slack:
        async with http.get(f"{slack.url}/control/info") as answer:
            assert (await answer.json())["bot_token"] == slack.bot_token
        async with http.get(f"{slack.url}/control/info", headers={"Origin": EVIL}) as answer:
            assert await said(answer) == (403, "foreign_origin")
        async with http.post(f"{slack.url}/control/uninstall", data="{}", headers={"Content-Type": "text/plain"}) as a:
            assert await said(a) == (415, "json_expected")
        assert (await client(slack).auth_test())["ok"]


async def test_every_workspace_has_a_token_of_its_own() -> None:
    tokens = {Options().page_token for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 16
