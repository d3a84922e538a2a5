"""Which credentials and tokens the Invox Medical simulator takes."""

import base64
from typing import Any

import httpx
import pytest

from simulators.invox import InvoxSettings, InvoxSimulator
from tests.simulators.provider.invox.client import VERSION, Client
from tests.simulators.provider.peers import MovableClock, kinds


async def test_the_token_answer_can_have_each_of_its_names_and_its_path(clock: MovableClock) -> None:
    settings = InvoxSettings(
        token_path="/oauth2/token", token_field="access_token", life_field="expires_in", token_life=60
    )
    async with InvoxSimulator(settings, now=clock) as invox, httpx.AsyncClient() as http:
        client = Client(invox, http)
        answer = (await client.token()).json()
        assert answer["expires_in"] == 60
        client.headers["Authorization"] = f"Bearer {answer['access_token']}"
        assert (await client.create()).status_code == 200
        invox.settings.life_field = None
        assert (await client.token()).json().keys() == {"access_token"}
        assert (await http.post(f"{invox.url}/api/v1/access-token", json={})).status_code == 404


@pytest.mark.parametrize(
    ("credential", "breaches"),
    [
        (base64.b64encode(b"app-123:wrong").decode(), []),
        ("not base64!", ["bad-basic"]),
        (base64.b64encode(b"app-123key-456").decode(), ["bad-basic"]),
        (base64.b64encode(b"app-123:key-456").decode().rstrip("=") + "*", ["bad-basic"]),
        ("YXBwLTEyMzprZXktNDU2\\n", ["bad-basic"]),
        (base64.b64encode(b"\xff\xfe:x").decode(), ["bad-basic"]),
    ],
)
async def test_a_wrong_pair_is_refused_and_a_wrong_encoding_is_a_breach(
    invox: InvoxSimulator, client: Client, credential: Any, breaches: Any
) -> None:
    answer = await client.token(credential)
    assert answer.status_code == 401
    assert answer.json().keys() == {"messsage"}
    assert kinds(invox) == breaches


async def test_a_token_request_without_basic_or_with_fields_is_refused(invox: InvoxSimulator, client: Client) -> None:
    url = f"{invox.url}/api/v1/access-token"
    assert (await client.http.post(url, json={})).status_code == 401
    pair = {"Authorization": "Basic " + base64.b64encode(b"app-123:key-456").decode()}
    assert (await client.http.post(url, json={"grant": 1}, headers=pair)).status_code == 400
    assert kinds(invox) == ["missing-basic", "unknown-field"]


async def test_a_missing_an_invented_an_expired_and_a_revoked_token_get_401(
    invox: InvoxSimulator, client: Client, clock: MovableClock
) -> None:
    request = await client.uploaded()
    good = client.headers
    client.headers = {VERSION: "2025-11-01"}
    assert (await client.read(request)).status_code == 401
    client.headers = {**good, "Authorization": "Bearer invented"}
    assert (await client.read(request)).status_code == 401
    assert kinds(invox) == ["missing-bearer", "unknown-bearer"]
    client.headers = good
    clock.advance(7199)
    assert (await client.read(request)).status_code == 200
    clock.advance(1)
    assert (await client.read(request)).status_code == 401
    await client.log_in()
    assert (await client.read(request)).status_code == 200
    invox.revoke_tokens()
    assert (await client.read(request)).status_code == 401
    assert kinds(invox) == ["missing-bearer", "unknown-bearer"]


async def test_each_permission_guards_its_service(invox: InvoxSimulator, client: Client) -> None:
    invox.settings.permissions = frozenset({"CONSULTATION-SUMMARY"})
    refused = await client.create()
    assert (refused.status_code, refused.json()["errorType"]) == (403, "permissionDenied")
    assert (await client.read("x")).status_code == 403
    assert (await client.summary()).status_code == 200
    invox.settings.permissions = frozenset({"BATCH-TRANSCRIBE"})
    assert (await client.create()).status_code == 200
    assert (await client.summary()).status_code == 403
    assert invox.violations == []
