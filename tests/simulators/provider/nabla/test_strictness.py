"""What the Nabla simulator refuses: versions, creates, audio, ids, and a Slack token anywhere."""

import uuid
from typing import Any, Literal

import pytest
from aiohttp import web

from simulators.nabla import NablaSimulator
from simulators.provider.faults import Kind
from tests.simulators.provider.nabla.client import VERSION, Client
from tests.simulators.provider.peers import MovableClock, Receiver, encoded, kinds, silent_mp3


async def test_the_version_is_required_known_and_not_retired(nabla: NablaSimulator, client: Client) -> None:
    version = client.headers.pop(VERSION)
    assert (await client.create()).json()["name"] == "MISSING_API_VERSION"
    client.headers["nabla-api-version"] = version
    assert (await client.create()).json()["name"] == "MISSING_API_VERSION"
    del client.headers["nabla-api-version"]
    assert kinds(nabla) == ["missing-version", "misnamed-version-header", "missing-version"]
    nabla.settings.require_version = False
    assert (await client.create()).status_code == 200
    nabla.ledger.clear()
    url = f"{client.base}/transcribe-async/{next(iter(nabla.jobs))}"
    params = {"nabla-api-version": version}
    assert (await client.http.get(url, params=params, headers=client.headers)).status_code == 200
    assert kinds(nabla) == []
    client.headers[VERSION] = "1999-01-01"
    assert (await client.create()).status_code == 400
    assert kinds(nabla) == ["unknown-version"]
    nabla.settings.retired_versions = frozenset({version})
    client.headers[VERSION] = version
    assert (await client.create()).json()["name"] == "RETIRED_API_VERSION"
    assert kinds(nabla) == ["unknown-version"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"speech_locale": "KLINGON"}, "bad-locale"),
        ({"speech_locale": "english_us"}, "bad-locale"),
        ({"split_by_sentence": "yes"}, "bad-create"),
        ({"callback_url": "https://x"}, "unknown-field"),
        ({"client_request_id": "x" * 129}, "bad-request-id"),
        ({"client_request_id": ""}, "bad-request-id"),
        ({"file_url": "http://example.org/a.mp3"}, "file-url-not-https"),
        ({"file_url": "ftp://127.0.0.1/a.mp3"}, "file-url-not-https"),
        ({"file_url": "/audio/one"}, "file-url-not-https"),
        ({"file_url": "https://files.slack.com/files-pri/T0-F0/a.mp3"}, "slack-url"),
    ],
)
async def test_a_create_outside_the_contract_is_refused(
    nabla: NablaSimulator, client: Client, body: Any, kind: Kind
) -> None:
    assert (await client.create(**body)).status_code == 400
    assert kinds(nabla) == [kind]
    assert nabla.jobs == {}


async def test_the_longest_client_request_id_passes(nabla: NablaSimulator, client: Client) -> None:
    assert (await client.create(client_request_id="x" * 128)).status_code == 200


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (web.Response(status=302, headers={"Location": "/audio/one"}), "file-url-redirect"),
        (web.Response(body=silent_mp3(1), content_type="application/octet-stream"), "file-url-not-audio"),
        (web.Response(body=b"<html>", content_type="text/html"), "file-url-not-audio"),
        (web.Response(status=404), "file-url-status"),
        (web.Response(status=401), "file-url-status"),
        (web.Response(body=b"not audio", content_type="audio/mpeg"), "not-audio"),
    ],
)
async def test_a_file_that_cannot_be_used_fails_the_job_unbilled(
    nabla: NablaSimulator, client: Client, receiver: Receiver, answer: Any, kind: Kind
) -> None:
    request = await client.fetched(file_url=client.offer(answer, "bad"))
    failed = (await client.read(request)).json()
    assert failed["status"] == "FAILED"
    assert failed["payload"]["http_status"] == 422
    assert failed["payload"]["message"]
    assert kinds(nabla) == [kind]
    assert nabla.billed == []
    assert len(nabla.fetches) == 1


async def test_a_broken_download_is_repeated_and_is_no_breach(
    nabla: NablaSimulator, client: Client, receiver: Receiver
) -> None:
    request = await client.fetched(file_url="http://127.0.0.1:9/a.mp3")
    assert (await client.read(request)).json()["status"] == "FAILED"
    request = await client.fetched(file_url=client.offer(web.Response(status=503), "sick"))
    assert (await client.read(request)).json()["status"] == "FAILED"
    assert [fetch.status for fetch in nabla.fetches] == [503] * 3
    assert nabla.violations == []


async def test_more_than_sixty_minutes_fail_with_422(nabla: NablaSimulator, client: Client) -> None:
    hour = await client.fetched(file_url=client.offer(silent_mp3(3599.9), "hour"))
    longer = await client.fetched(file_url=client.offer(silent_mp3(3660), "longer"))
    assert (await client.read(hour)).json()["status"] == "ONGOING"
    failed = (await client.read(longer)).json()
    assert (failed["status"], failed["payload"]["http_status"]) == ("FAILED", 422)
    assert "60 minutes" in failed["payload"]["message"]
    assert [entry.job for entry in nabla.billed] == [hour]


@pytest.mark.parametrize("name", ["http_status", "status", "code"])
async def test_the_number_of_a_failure_can_have_each_of_its_names(
    nabla: NablaSimulator, client: Client, name: Literal["http_status", "status", "code"]
) -> None:
    nabla.settings.failure_code_name = name
    request = await client.fetched(file_url=client.offer(b"nothing", "bad"))
    assert (await client.read(request)).json()["payload"][name] == 422


async def test_other_audio_formats_are_measured_too(nabla: NablaSimulator, client: Client) -> None:
    ogg = web.Response(body=encoded("ogg", "libopus", 2.0), content_type="audio/ogg")
    await client.fetched(file_url=client.offer(ogg, "ogg"))
    assert nabla.billed[0].seconds == pytest.approx(2.0, abs=0.1)


async def test_unknown_and_expired_ids_are_404(nabla: NablaSimulator, client: Client, clock: MovableClock) -> None:
    assert (await client.read(str(uuid.uuid4()))).status_code == 404
    assert kinds(nabla) == ["unknown-id"]
    nabla.settings.retention = 60.0
    request = await client.fetched()
    clock.advance(69)
    assert (await client.read(request)).status_code == 200
    clock.advance(1)
    assert (await client.read(request)).status_code == 404
    other = await client.fetched()
    nabla.forget(other)
    assert (await client.read(other)).status_code == 404
    assert kinds(nabla) == ["unknown-id"]


async def test_a_reused_client_request_id_gives_the_same_job_or_409(nabla: NablaSimulator, client: Client) -> None:
    first = (await client.create(client_request_id="once")).json()
    again = (await client.create(client_request_id="once")).json()
    assert first["id"] == again["id"]
    await nabla.settle()
    assert (len(nabla.jobs), len(nabla.billed), len(nabla.fetches)) == (1, 1, 1)
    nabla.settings.repeated_request = "conflict"
    refused = await client.create(client_request_id="once")
    assert (refused.status_code, refused.json()["name"]) == (409, "DUPLICATE_REQUEST")
    assert nabla.violations == []


async def test_creates_without_an_id_are_different_jobs_each_billed(nabla: NablaSimulator, client: Client) -> None:
    assert await client.fetched() != await client.fetched()
    assert len(nabla.billed) == 2


async def test_a_slack_token_anywhere_is_a_leak(nabla: NablaSimulator, client: Client) -> None:
    await client.create(file_url=f"{client.receiver.url}/audio/one?token=xoxb-123-abc")
    await client.http.get(f"{client.base}/transcribe-async/xapp-1-A1-abc", headers=client.headers)
    await client.fetched(file_url=client.offer(silent_mp3(1) + b"xoxe-1-abcdef", "leak"))
    assert kinds(nabla) == ["slack-token"] * 3


async def test_the_rate_limit_can_be_set(nabla: NablaSimulator, client: Client) -> None:
    nabla.settings.rate_limit = 2
    assert [(await client.create()).status_code for _ in range(2)] == [200, 429]  # the token was the first call
    assert kinds(nabla) == ["rate-limit"]
