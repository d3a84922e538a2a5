"""What the Invox Medical simulator refuses: versions, types, creates, uploads, polls, and a Slack token anywhere."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulators.invox import InvoxSimulator
from simulators.provider.faults import Kind
from tests.simulators.provider.invox.client import VERSION, Client
from tests.simulators.provider.peers import MovableClock, Receiver, kinds, silent_mp3, wav


async def test_the_version_is_required_known_and_new_enough(invox: InvoxSimulator, client: Client) -> None:
    request = await client.uploaded()
    bearer = {"Authorization": client.headers["Authorization"]}
    for headers in (bearer, {**bearer, VERSION: "2025-1-1"}):
        client.headers = headers
        assert (await client.create()).status_code == 400
        assert (await client.read(request)).status_code == 400
    client.summary_headers = {**bearer, VERSION: "2025-11-01"}
    assert (await client.summary()).status_code == 400
    assert kinds(invox) == ["missing-version"] * 2 + ["unknown-version"] * 2 + ["version-too-old"]
    invox.settings.version_required = frozenset()
    client.headers = bearer
    assert (await client.create()).status_code == 200


@pytest.mark.parametrize("mime", ["audio/mpeg", " audio/wav", "audio/mp4", "video/mp4", "AUDIO/WAV", "", 5])
async def test_a_type_that_is_not_listed_is_refused(invox: InvoxSimulator, client: Client, mime: str) -> None:
    refused = await client.create(mime)
    assert (refused.status_code, refused.json()["errorType"]) == (400, "invalidRequestBody")
    assert "messsage" in refused.json()
    assert kinds(invox) == ["bad-mime-type"]


@pytest.mark.parametrize("sent", ["audio/x-wav", "audio/wav; charset=utf-8", "Audio/WAV", None])
async def test_the_upload_type_must_be_exactly_the_negotiated_one(
    invox: InvoxSimulator, client: Client, sent: Any
) -> None:
    made = (await client.create("audio/wav")).json()
    headers = {} if sent is None else {"Content-Type": sent}
    refused = await client.http.put(made["presignedUrl"], content=wav(1), headers=headers)
    assert refused.status_code == 403
    assert kinds(invox) == ["wrong-upload-type"]
    assert invox.billed == []


async def test_bytes_of_another_container_fail_the_job_unbilled(invox: InvoxSimulator, client: Client) -> None:
    request = await client.uploaded(silent_mp3(1), "audio/wav")
    answer = (await client.read(request)).json()
    assert answer["processingStatus"] == "ERROR"
    assert answer["errorMessage"]
    assert kinds(invox) == ["media-mismatch"]
    assert invox.billed == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"language": "en"}, "unknown-field"),
        ({"callbackUrl": "/hooks"}, "bad-callback"),
        ({"callbackUrl": ""}, "bad-callback"),
        ({"callbackUrl": 5}, "bad-callback"),
    ],
)
async def test_a_create_outside_the_contract_is_refused(
    invox: InvoxSimulator, client: Client, body: Any, kind: Kind
) -> None:
    assert (await client.create(**body)).status_code == 400
    assert kinds(invox) == [kind]


async def test_an_extra_field_can_be_allowed(invox: InvoxSimulator, client: Client) -> None:
    invox.settings.extra_fields = frozenset({"language"})
    assert (await client.create(language="en")).status_code == 200


async def test_a_chunked_put_a_bearer_a_changed_query_and_a_late_put_are_refused(
    invox: InvoxSimulator, client: Client, clock: MovableClock
) -> None:
    url = (await client.create()).json()["presignedUrl"]

    async def chunks() -> AsyncIterator[bytes]:
        yield wav(1)

    mime = {"Content-Type": "audio/wav"}
    assert (await client.http.put(url, content=chunks(), headers=mime)).status_code == 411
    assert (await client.http.put(url, content=wav(1), headers=mime | client.headers)).status_code == 400
    assert (await client.put(url.replace("tag=~1", "tag=%7E1"))).status_code == 403
    assert kinds(invox) == ["chunked-upload", "authorization-at-presigned-url", "upload-url-changed"]
    clock.advance(3600)
    assert (await client.put(url)).status_code == 403
    assert len(kinds(invox)) == 3


async def test_a_request_is_not_found_before_its_upload_before_it_appears_and_when_unknown(
    invox: InvoxSimulator, client: Client, clock: MovableClock
) -> None:
    made = (await client.create()).json()
    unknown = await client.read(made["requestId"])
    assert (unknown.status_code, unknown.json()["errorType"]) == (404, "transcriptionNotFound")
    assert "message" in unknown.json()
    invox.settings.appears_after = 30.0
    await client.put(made["presignedUrl"])
    clock.advance(29)
    assert (await client.read(made["requestId"])).status_code == 404
    clock.advance(1)
    assert (await client.read(made["requestId"])).status_code == 200
    invox.forget(made["requestId"])
    assert (await client.read(made["requestId"])).status_code == 404
    assert invox.violations == []
    assert (await client.read("nobody")).status_code == 404
    assert kinds(invox) == ["unknown-id"]


async def test_a_poll_beside_a_callback_can_be_refused(
    invox: InvoxSimulator, client: Client, receiver: Receiver
) -> None:
    invox.settings.poll_beside_callback = False
    with_callback = await client.uploaded(callbackUrl=f"{receiver.url}/cb")
    assert (await client.read(with_callback)).status_code == 404
    assert (await client.read(await client.uploaded())).status_code == 200


@pytest.mark.parametrize(
    "body", [{"transcript": ""}, {"outputFormat": "PDF"}, {"outputLanguage": 5}, {"template": "x"}]
)
async def test_a_summary_outside_the_contract_is_refused(invox: InvoxSimulator, client: Client, body: Any) -> None:
    assert (await client.summary(**body)).status_code == 400
    assert len(kinds(invox)) == 1


async def test_a_slack_token_anywhere_is_a_leak_even_inside_basic(invox: InvoxSimulator, client: Client) -> None:
    await client.token(base64.b64encode(b"app-123:xoxb-1-abc").decode())
    await client.create(callbackUrl="https://x/?t=xoxe-1-abc")
    await client.summary(transcript="say xapp-1-A-abc")
    await client.put((await client.create()).json()["presignedUrl"], wav(1) + b"xoxb-1-abc")
    assert kinds(invox) == ["slack-token"] * 4
    assert invox.billed == []


async def test_the_rate_limit_is_off_unless_it_is_set(invox: InvoxSimulator, client: Client) -> None:
    for _ in range(70):
        assert (await client.create()).status_code == 200
    invox.settings.rate_limit = 60
    assert (await client.create()).status_code == 429
    assert kinds(invox) == ["rate-limit"]
