"""The Invox Medical simulator, spoken to by plain httpx: what it refuses, breaks, sends, charges and records."""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import md5
from typing import Any, Literal

import httpx
import pytest
from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad
from hypothesis import given
from hypothesis import strategies as st

from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.provider.faults import Kind
from simulators.provider.jobs import Variant
from simulators.provider.results import mark_of
from simulators.provider.webhooks.signature import sign
from tests.simulators.provider.peers import MovableClock, Receiver, encoded, silent_mp3, wav

VERSION = "X-Invox-Medical-Api-Version"


class Client:
    """A contract-keeping client that returns bare responses."""

    def __init__(self, invox: InvoxSimulator, http: httpx.AsyncClient) -> None:
        self.invox, self.http = invox, http
        self.headers = {VERSION: "2025-11-01"}
        self.summary_headers = {VERSION: "2026-03-01"}

    async def token(self, credential: str | None = None) -> httpx.Response:
        pair = f"{self.invox.settings.app_id}:{self.invox.settings.api_key}"
        encoded_pair = base64.b64encode(pair.encode()).decode() if credential is None else credential
        url = self.invox.url + self.invox.settings.token_path
        return await self.http.post(url, json={}, headers={"Authorization": f"Basic {encoded_pair}"})

    async def log_in(self) -> None:
        bearer = {"Authorization": f"Bearer {(await self.token()).json()['accessToken']}"}
        self.headers = {**self.headers, **bearer}
        self.summary_headers = {**self.summary_headers, **bearer}

    async def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.http.post(f"{self.invox.url}/api/v1/{path}", json=body, headers=headers or self.headers)

    async def create(self, mime: str = "audio/wav", **body: Any) -> httpx.Response:
        return await self.post("generate-presigned-url", {"mimeType": mime, **body})

    async def put(self, url: str, content: bytes = wav(2), mime: str = "audio/wav") -> httpx.Response:
        return await self.http.put(url, content=content, headers={"Content-Type": mime})

    async def read(self, request: str) -> httpx.Response:
        return await self.post("get-transcription", {"requestId": request})

    async def summary(self, **body: Any) -> httpx.Response:
        body = {"transcript": "Good morning", "outputFormat": "SUMMARY", "outputLanguage": "en", **body}
        return await self.post("generate-consultation-summary", body, self.summary_headers)

    def calls(self, made: dict[str, str]) -> dict[str, Callable[[], Awaitable[httpx.Response]]]:
        """Each operation, by the name that a fault has for it."""
        return {
            "token": self.token,
            "create": self.create,
            "upload": lambda: self.put(made["presignedUrl"]),
            "read": lambda: self.read(made["requestId"]),
            "summary": self.summary,
        }

    async def uploaded(self, content: bytes = wav(2), mime: str = "audio/wav", **body: Any) -> str:
        made = (await self.create(mime, **body)).json()
        assert (await self.put(made["presignedUrl"], content, mime)).status_code == 200
        return str(made["requestId"])


@pytest.fixture
async def invox(clock: MovableClock) -> AsyncIterator[InvoxSimulator]:
    async with InvoxSimulator(InvoxSettings(job_seconds=9.0), now=clock) as invox:
        yield invox


@pytest.fixture
async def client(invox: InvoxSimulator) -> AsyncIterator[Client]:
    async with httpx.AsyncClient() as http:
        client = Client(invox, http)
        await client.log_in()
        yield client


def kinds(invox: InvoxSimulator) -> list[str]:
    return [violation.kind for violation in invox.ledger.violations]


def opened(signature: str, secret: str, form: str) -> str:
    """Decrypt a signature with the primitives only, not with the simulator's code."""
    raw = base64.b64decode(signature, validate=True)
    if form == "B":
        return unpad(AES.new(secret.encode(), AES.MODE_CBC, raw[:16]).decrypt(raw[16:]), 16).decode()
    assert raw[:8] == b"Salted__"
    one = md5(secret.encode() + raw[8:16]).digest()
    two = md5(one + secret.encode() + raw[8:16]).digest()
    three = md5(two + secret.encode() + raw[8:16]).digest()
    return unpad(AES.new(one + two, AES.MODE_CBC, three).decrypt(raw[16:]), 16).decode()


def opens_to(plain: str, signature: str, secret: str) -> bool:
    try:
        return opened(signature, secret, "A") == plain
    except ValueError:  # the padding or the text is wrong
        return False


# ---- the way it should go


async def test_a_job_is_pending_and_then_completed_with_segments_and_vtt(
    invox: InvoxSimulator, client: Client, clock: MovableClock
) -> None:
    request = await client.uploaded()
    assert (await client.read(request)).json()["processingStatus"] == "PENDING"
    clock.advance(9)
    answer = (await client.read(request)).json()
    assert answer["processingStatus"] == "COMPLETED"
    assert all(item.keys() == {"text", "start", "end"} for item in answer["transcription"])
    assert mark_of(invox.billed[0].sha256) in json.dumps(answer["transcription"])
    assert answer["vttTranscription"].startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert invox.violations == []


@pytest.mark.parametrize("field", ["processingStatus", "transcriptionStatus", "status"])
@pytest.mark.parametrize("speaker", [None, "speakerId", "speaker", "speakerName"])
async def test_status_and_speaker_can_have_each_of_their_names(
    invox: InvoxSimulator,
    client: Client,
    clock: MovableClock,
    field: Literal["processingStatus", "transcriptionStatus", "status"],
    speaker: Literal["speakerId", "speaker", "speakerName"] | None,
) -> None:
    invox.settings.status_field, invox.settings.poll_speaker = field, speaker
    invox.settings.vtt = False
    request = await client.uploaded()
    clock.advance(9)
    answer = (await client.read(request)).json()
    assert answer.keys() == {field, "transcription"}
    assert answer["transcription"][1].get(speaker or "nobody") == (None if speaker is None else "1")


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("audio/x-wav", wav(1)),
        ("audio/wav", wav(1)),
        ("audio/mp3", silent_mp3(1)),
        ("audio/m4a", encoded("ipod", "aac")),
        ("audio/flac", encoded("flac", "flac")),
        ("audio/ogg", encoded("ogg", "libopus")),
        ("audio/webm", encoded("webm", "libopus")),
    ],
)
async def test_each_listed_type_is_taken_and_measured(
    invox: InvoxSimulator, client: Client, mime: str, content: bytes
) -> None:
    await client.uploaded(content, mime)
    assert invox.violations == []
    assert invox.billed[0].seconds == pytest.approx(1.0, abs=0.1)


async def test_a_summary_is_text_or_soap_fields(invox: InvoxSimulator, client: Client) -> None:
    note = (await client.summary()).json()
    assert isinstance(note["clinicalNote"], str)
    assert isinstance(note["generationTime"], float)
    soap = (await client.summary(outputFormat="SOAP_TEMPLATE")).json()["clinicalNote"]
    assert [field.keys() for field in soap["fields"]] == [{"name", "description", "value"}] * 4


# ---- token


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


# ---- strictness


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


# ---- billing


async def test_only_uploads_are_billed_and_each_once(invox: InvoxSimulator, client: Client) -> None:
    await client.create()
    made = (await client.create()).json()
    for _ in range(2):
        assert (await client.put(made["presignedUrl"])).status_code == 200
    (entry,) = invox.billed
    assert entry.job == made["requestId"]
    assert entry.seconds == pytest.approx(2.0)


# ---- faults


@pytest.mark.parametrize(
    ("kind", "status"),
    [("unauthorized", 401), ("forbidden", 403), ("not_found", 404), ("rate_limited", 429), ("server_error", 503)],
)
@pytest.mark.parametrize("operation", ["token", "create", "upload", "read", "summary"])
async def test_answer_faults_strike_their_operation(
    invox: InvoxSimulator, client: Client, kind: Kind, status: int, operation: str
) -> None:
    made = (await client.create()).json()
    await client.put(made["presignedUrl"])
    calls = client.calls(made)
    invox.fault(kind, operation)
    refused = await calls[operation]()
    assert refused.status_code == status
    if operation != "upload":
        assert refused.json().keys() & {"message", "messsage"}
    assert (await calls[operation]()).status_code == 200
    assert invox.violations == []


@pytest.mark.parametrize("operation", ["token", "create", "upload", "read", "summary"])
@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
async def test_cuts_strike_before_or_after_the_commit(
    invox: InvoxSimulator, client: Client, operation: str, kind: Kind
) -> None:
    made = (await client.create()).json()
    if operation == "read":
        await client.put(made["presignedUrl"])
    calls = client.calls(made)
    jobs, billed = len(invox.jobs), len(invox.billed)
    invox.fault(kind, operation)
    with pytest.raises(httpx.TransportError):
        await calls[operation]()
    committed = kind == "cut_after"
    assert len(invox.jobs) - jobs == (operation == "create" and committed)
    assert len(invox.billed) - billed == (operation == "upload" and committed)
    assert (await calls[operation]()).status_code == 200


async def test_a_put_cut_in_the_middle_html_and_a_late_answer(invox: InvoxSimulator, client: Client) -> None:
    made = (await client.create()).json()
    invox.fault("cut_upload", "upload", size=1000)
    with pytest.raises(httpx.TransportError):
        await client.put(made["presignedUrl"], wav(3600))
    assert invox.billed == []
    invox.fault("html", "token")
    assert "html" in (await client.token()).headers["Content-Type"]
    invox.fault("slow", "create", seconds=0.3)
    url = f"{invox.url}/api/v1/generate-presigned-url"
    with pytest.raises(httpx.ReadTimeout):
        await client.http.post(url, json={"mimeType": "audio/wav"}, headers=client.headers, timeout=0.1)


async def test_a_fault_can_be_for_one_job_though_its_id_stands_in_the_body(
    invox: InvoxSimulator, client: Client
) -> None:
    one, two = await client.uploaded(), await client.uploaded()
    invox.fault("unauthorized", "read", job=two)
    assert [(await client.read(request)).status_code for request in (one, two, two)] == [200, 401, 200]
    invox.fault("slow", "read", job=two, seconds=0.0)
    await client.read(one)
    assert invox.faults.pending()
    await client.read(two)
    assert not invox.faults.pending()


async def test_shapes_of_a_finished_answer(invox: InvoxSimulator, client: Client, clock: MovableClock) -> None:
    request = await client.uploaded()
    shapes: tuple[Kind, ...] = (
        "no_text",
        "empty_transcript",
        "missing_payload",
        "out_of_order",
        "lower_case",
        "unknown_status",
    )
    assert (await client.read(request)).json()["processingStatus"] == "PENDING"
    clock.advance(9)
    answers = {}
    for shape in shapes:
        invox.fault(shape, "read")
        answers[shape] = (await client.read(request)).json()
    assert answers["no_text"] == {"processingStatus": "COMPLETED", "transcription": None}
    assert answers["empty_transcript"]["transcription"] == []
    assert answers["missing_payload"] == {"processingStatus": "COMPLETED"}
    starts = [item["start"] for item in answers["out_of_order"]["transcription"]]
    assert starts == sorted(starts, reverse=True)
    assert answers["lower_case"]["processingStatus"] == "completed"
    assert answers["unknown_status"]["processingStatus"] == "IN_REVIEW"
    assert invox.faults.pending() == []


async def test_a_failed_job_has_the_providers_words(
    invox: InvoxSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    request = await client.uploaded()
    invox.fault("failed", "read", text="Unintelligible")
    answer = (await client.read(request)).json()
    assert answer == {"processingStatus": "ERROR", "errorMessage": "Unintelligible"}
    assert (await client.read(request)).json() == answer
    for told in (False, True):
        invox.settings.callback_on_error = told
        invox.plan(outcome="failed", error="Too noisy")
        await client.uploaded(callbackUrl=f"{receiver.url}/cb")
        clock.advance(9)
        await invox.settle()
        assert len(receiver.hooks) == told
    body = receiver.hooks[0].json
    assert (body["status"], body["errorMessage"], body["transcription"]) == ("ERROR", "Too noisy", [])


# ---- callback


def test_both_signature_formats_give_the_published_vectors() -> None:
    secret, text = "0123456789abcdef0123456789abcdef", "app-123~key-456"
    a, b = "U2FsdGVkX18AAQIDBAUGB5Pv6cYIQuF1UQ+yJdW91qM=", "AAECAwQFBgcICQoLDA0OD86AeOrykhhYFkU3wjNnJbs="
    assert sign(text, secret, "A", bytes(range(8))) == a
    assert sign(text, secret, "B", bytes(range(16))) == b
    with pytest.raises(ValueError, match="key"):
        sign(text, "a secret of another length", "B")


@given(plain=st.text(), secret=st.text(min_size=1))
def test_format_a_opens_with_any_secret_and_text(plain: str, secret: str) -> None:
    assert opened(sign(plain, secret, "A"), secret, "A") == plain


@given(plain=st.text(), secret=st.sampled_from([16, 24, 32]).map(lambda size: "k" * size))
def test_format_b_opens_with_secrets_of_the_three_lengths(plain: str, secret: str) -> None:
    assert opened(sign(plain, secret, "B"), secret, "B") == plain


@pytest.mark.parametrize("form", ["A", "B"])
@pytest.mark.parametrize(("speaker", "value"), [("speakerId", "Speaker_01"), ("speaker", "1"), (None, None)])
@pytest.mark.parametrize("status", ["COMPLETED", None])
async def test_the_callback_in_every_documented_form(
    invox: InvoxSimulator,
    client: Client,
    clock: MovableClock,
    receiver: Receiver,
    form: Literal["A", "B"],
    speaker: Literal["speakerId", "speaker"] | None,
    value: Any,
    status: str | None,
) -> None:
    invox.settings.signature_format = form
    invox.settings.callback_speaker, invox.settings.callback_status = speaker, status
    request = await client.uploaded(callbackUrl=f"{receiver.url}/hooks/invox/token-1")
    clock.advance(9)
    (hook,) = await receiver.wait_for(1)
    body = hook.json
    assert hook.path == "/hooks/invox/token-1"
    assert body["requestId"] == request
    assert body.get("status") == status
    assert body["createdAt"] == int(clock.at)
    assert body["transcription"][1].get(speaker or "nobody") == value
    settings = invox.settings
    assert opened(body["signature"], settings.app_secret, form) == f"{settings.app_id}~{settings.api_key}"


async def test_no_callback_url_means_no_callback(invox: InvoxSimulator, client: Client, clock: MovableClock) -> None:
    request = await client.uploaded()
    clock.advance(9)
    await invox.settle()
    assert invox.ledger.deliveries == []
    delivery = await invox.send_webhook(request)
    assert (delivery.status, delivery.url) == (0, "")


async def test_a_callback_is_repeated_until_200(
    invox: InvoxSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    receiver.answers = [503, 404]
    await client.uploaded(callbackUrl=f"{receiver.url}/cb")
    for count in (1, 2, 3):
        clock.advance(9)
        await receiver.wait_for(count)
        await invox.settle()
    clock.advance(900)
    await invox.settle()
    assert [delivery.status for delivery in invox.ledger.deliveries] == [503, 404, 200]
    assert [delivery.attempt for delivery in invox.ledger.deliveries] == [1, 2, 3]


async def test_callbacks_come_early_late_twice_or_never(
    invox: InvoxSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    callback = f"{receiver.url}/cb"
    invox.plan(webhook="early")
    made = (await client.create(callbackUrl=callback)).json()
    assert [hook.json["requestId"] for hook in receiver.hooks] == [made["requestId"]]
    for plan in ({"webhook": "never"}, {"webhook": "twice"}, {"webhook": "late", "webhook_delay": 100}):
        invox.plan(**plan)
    _never, twice, late = [await client.uploaded(callbackUrl=callback) for _ in range(3)]
    clock.advance(9)
    await invox.settle()
    clock.advance(100)
    await invox.settle()
    assert [hook.json["requestId"] for hook in receiver.hooks[1:]] == [twice, twice, late]


async def test_hostile_callbacks_on_request(
    invox: InvoxSimulator, client: Client, receiver: Receiver, clock: MovableClock
) -> None:
    request = await client.uploaded(callbackUrl=f"{receiver.url}/cb")
    variants: tuple[Variant, ...] = ("normal", "forged", "unsigned", "altered", "foreign", "stale")
    for variant in variants:
        await invox.send_webhook(request, variant)
    bodies = dict(zip(variants, [hook.json for hook in receiver.hooks], strict=True))
    secret, plain = invox.settings.app_secret, f"{invox.settings.app_id}~{invox.settings.api_key}"
    assert not opens_to(plain, bodies["forged"]["signature"], secret)
    assert "signature" not in bodies["unsigned"]
    assert bodies["altered"]["transcription"] != bodies["normal"]["transcription"]
    assert bodies["foreign"]["requestId"] not in invox.jobs
    assert bodies["stale"]["createdAt"] < clock.at - 3600
    assert all(opens_to(plain, bodies[name]["signature"], secret) for name in ("normal", "altered", "foreign", "stale"))
    await invox.send_webhook(request, "malformed")
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        _ = receiver.hooks[-1].json


async def test_the_program_prints_one_line_with_its_address_and_the_bots_settings() -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators.invox"), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    line = json.loads(await asyncio.wait_for(program.stdout.readline(), 20))
    assert line["environment"]["INVOX_BASE_URL"] == line["url"]
    async with httpx.AsyncClient() as http:
        changed = await http.post(f"{line['url']}/control/settings", json={"signature_format": "B"})
        assert changed.json()["signature_format"] == "B"
    program.terminate()
    assert await asyncio.wait_for(program.wait(), 10) == 0
