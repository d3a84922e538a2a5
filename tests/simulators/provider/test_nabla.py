"""The Nabla simulator, spoken to by plain httpx: what it refuses, downloads, breaks, sends, charges and records."""

import asyncio
import hashlib
import hmac
import json
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal

import httpx
import jwt
import pytest
from aiohttp import web

from simulators.nabla import NablaSettings, NablaSimulator
from simulators.nabla.assertion import key_pair
from simulators.provider.faults import Kind
from simulators.provider.jobs import Variant
from simulators.provider.results import mark_of
from tests.simulators.provider.peers import Hook, MovableClock, Receiver, encoded, silent_mp3, until

VERSION = "X-Nabla-Api-Version"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Client:
    """A contract-keeping client that returns bare responses; its recordings stand on `receiver`."""

    def __init__(self, nabla: NablaSimulator, http: httpx.AsyncClient, receiver: Receiver, clock: MovableClock) -> None:
        self.nabla, self.http, self.receiver, self.clock = nabla, http, receiver, clock
        self.headers = {VERSION: "2024-10-01"}
        self.base = nabla.base_url

    def claims(self, **changed: Any) -> dict[str, Any]:
        now, client = int(self.clock()), self.nabla.settings.client_id
        audience = f"{self.nabla.base_url}/oauth/token"
        claims = {"iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
        return {name: value for name, value in {**claims, **changed}.items() if value is not None}

    async def present(self, assertion: str, **changed: Any) -> httpx.Response:
        body = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **changed,
        }
        return await self.http.post(f"{self.nabla.base_url}/oauth/token", json=body)

    async def token(self, **changed: Any) -> httpx.Response:
        return await self.present(jwt.encode(self.claims(**changed), self.nabla.private_key, algorithm="RS256"))

    async def log_in(self) -> None:
        self.headers["Authorization"] = f"Bearer {(await self.token()).json()['access_token']}"

    def offer(self, content: bytes | web.Response, name: str = "one") -> str:
        self.receiver.files[f"/audio/{name}"] = content
        return f"{self.receiver.url}/audio/{name}"

    async def create(self, **body: Any) -> httpx.Response:
        body = {"speech_locale": "ENGLISH_US", "file_url": f"{self.receiver.url}/audio/one", **body}
        return await self.http.post(f"{self.base}/transcribe-async", json=body, headers=self.headers)

    async def read(self, request: str) -> httpx.Response:
        return await self.http.get(f"{self.base}/transcribe-async/{request}", headers=self.headers)

    async def fetched(self, **body: Any) -> str:
        request = (await self.create(**body)).json()["id"]
        await until(
            lambda: self.nabla.jobs[request].started_at is not None or self.nabla.jobs[request].error is not None
        )
        return str(request)

    async def note(self, **body: Any) -> httpx.Response:
        text = "Good morning, I have had a dry cough for about two weeks now"
        items = [{"text": text, "speaker_type": "PATIENT"}]
        body = {"transcript_items": items, "note_locale": "ENGLISH_US", **body}
        return await self.http.post(f"{self.base}/generate-note", json=body, headers=self.headers)


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    return key_pair()


@pytest.fixture
async def nabla(clock: MovableClock, receiver: Receiver, keys: Any) -> AsyncIterator[NablaSimulator]:
    settings = NablaSettings(
        webhook_url=f"{receiver.url}/hooks/nabla", job_seconds=9.0, public_key=keys[1], download_spacing=(0.01, 0.01)
    )
    async with NablaSimulator(settings, now=clock) as nabla:
        nabla.private_key = keys[0]
        yield nabla


@pytest.fixture
async def client(nabla: NablaSimulator, receiver: Receiver, clock: MovableClock) -> AsyncIterator[Client]:
    async with httpx.AsyncClient() as http:
        client = Client(nabla, http, receiver, clock)
        client.offer(silent_mp3(5, "one"))
        await client.log_in()
        yield client


def kinds(nabla: NablaSimulator) -> list[str]:
    return [violation.kind for violation in nabla.ledger.violations]


# ---- the way it should go


async def test_a_job_is_ongoing_without_payload_and_then_succeeded(
    nabla: NablaSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    made = (await client.create(client_request_id="mine")).json()
    assert made == {"id": made["id"], "status": "ONGOING", "client_request_id": "mine"}
    await until(lambda: nabla.billed)
    assert (await client.read(made["id"])).json() == made
    clock.advance(9)
    done = (await client.read(made["id"])).json()
    assert done["status"] == "SUCCEEDED"
    items = done["payload"]["transcript"]
    assert items[0].keys() == {"text", "speaker_type", "start_offset_ms", "end_offset_ms"}
    assert [item["speaker_type"] for item in items[:2]] == ["DOCTOR", "PATIENT"]
    assert mark_of(nabla.billed[0].sha256) in items[1]["text"]
    assert [fetch.method for fetch in nabla.fetches] == ["GET"]
    assert "Authorization" not in receiver.fetches[0].headers
    assert nabla.violations == []


@pytest.mark.parametrize(
    ("locale", "word"), [("ARMENIAN_AM", "Բարև"), ("FRENCH_FR", "Bonjour"), ("RUSSIAN_RU", "день"), ("URDU_IN", "Good")]
)
async def test_the_default_transcript_follows_the_locale(
    nabla: NablaSimulator, client: Client, clock: MovableClock, locale: str, word: str
) -> None:
    request = await client.fetched(speech_locale=locale)
    clock.advance(9)
    assert word in (await client.read(request)).json()["payload"]["transcript"][0]["text"]


async def test_items_can_be_split_by_sentence(nabla: NablaSimulator, client: Client, clock: MovableClock) -> None:
    whole, split = await client.fetched(), await client.fetched(split_by_sentence=True)
    clock.advance(9)
    whole_items, items = [(await client.read(one)).json()["payload"]["transcript"] for one in (whole, split)]
    assert len(items) > len(whole_items)
    assert " ".join(item["text"] for item in items) == " ".join(item["text"] for item in whole_items)
    starts = [item["start_offset_ms"] for item in items]
    assert starts == sorted(starts)


async def test_a_create_can_be_answered_when_the_job_has_already_ended(nabla: NablaSimulator, client: Client) -> None:
    nabla.settings.create_waits = True
    nabla.settings.job_seconds = 0
    assert (await client.create()).json()["status"] == "SUCCEEDED"
    client.receiver.files.clear()
    assert (await client.create()).json()["status"] == "FAILED"


@pytest.mark.parametrize("style", ["get", "head", "ranges"])
async def test_the_download_can_use_head_and_ranges(
    nabla: NablaSimulator,
    client: Client,
    receiver: Receiver,
    clock: MovableClock,
    style: Literal["get", "head", "ranges"],
) -> None:
    content = silent_mp3(600, style)

    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(path)
        response.content_type = "audio/mpeg"
        return response

    with tempfile.NamedTemporaryFile(suffix=".mp3") as file:
        file.write(content)
        file.flush()
        path = file.name
        app = web.Application()
        app.router.add_get("/a.mp3", serve)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        nabla.settings.download = style
        await client.fetched(file_url=f"http://127.0.0.1:{runner.addresses[0][1]}/a.mp3")
        await runner.cleanup()
    assert nabla.billed[0].sha256 == hashlib.sha256(content).hexdigest()
    methods = {"get": ["GET"], "head": ["HEAD", "GET"], "ranges": ["GET"] * 3}
    assert [fetch.method for fetch in nabla.fetches] == methods[style]
    assert nabla.violations == []


# ---- token


async def test_a_token_has_its_set_life(nabla: NablaSimulator, client: Client, clock: MovableClock) -> None:
    nabla.settings.token_life = 120.0
    answer = (await client.token()).json()
    assert answer["expires_in"] == 120
    assert answer["access_token"].count(".") == 2
    client.headers["Authorization"] = f"Bearer {answer['access_token']}"
    clock.advance(119)
    assert (await client.create()).status_code == 200
    clock.advance(1)
    assert (await client.create()).status_code == 401
    assert nabla.violations == []


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"aud": "https://us.api.nabla.com/v1/core/server/oauth/token"}, "assertion-audience"),
        ({"aud": None}, "assertion-audience"),
        ({"sub": "somebody"}, "assertion-subject"),
        ({"iss": "other", "sub": "other"}, None),
        ({"jti": None}, "assertion-without-jti"),
        ({"jti": 5}, "assertion-without-jti"),
        ({"iat": None}, "assertion-times"),
        ({"exp": None}, "assertion-times"),
        ({"exp": 1_750_000_301}, "assertion-life"),
        ({"iat": 1_749_999_900, "exp": 1_750_000_000}, None),
        ({"iat": 1_750_000_100, "exp": 1_750_000_160}, None),
    ],
)
async def test_an_assertion_that_is_not_in_order_is_refused(
    nabla: NablaSimulator, client: Client, changed: Any, kind: Kind
) -> None:
    refused = await client.token(**changed)
    assert refused.status_code == 401
    assert refused.json()["name"] == "INVALID_CLIENT_ASSERTION"
    assert kinds(nabla) == ([kind] if kind else [])


async def test_the_longest_assertion_passes_and_jti_can_be_made_optional(nabla: NablaSimulator, client: Client) -> None:
    assert (await client.token(exp=1_750_000_300)).status_code == 200
    nabla.settings.require_jti = False
    assert (await client.token(jti=None)).status_code == 200


async def test_an_assertion_is_good_once(nabla: NablaSimulator, client: Client) -> None:
    assertion = jwt.encode(client.claims(), nabla.private_key, algorithm="RS256")
    assert [(await client.present(assertion)).status_code for _ in range(2)] == [200, 401]
    assert kinds(nabla) == ["assertion-reused"]


async def test_a_wrong_key_algorithm_grant_or_text_is_refused(nabla: NablaSimulator, client: Client, keys: Any) -> None:
    stranger = jwt.encode(client.claims(), key_pair()[0], algorithm="RS256")
    assert (await client.present(stranger)).status_code == 401
    assert kinds(nabla) == []  # an operator's mistake, not a breach
    shared = jwt.encode(client.claims(), "a shared secret that is long enough for it", algorithm="HS256")
    assert (await client.present(shared)).status_code == 401
    assert (await client.present(jwt.encode(client.claims(), keys[0], algorithm="RS512"))).status_code == 401
    assert (await client.present("not a jwt")).status_code == 401
    good = jwt.encode(client.claims(), keys[0], algorithm="RS256")
    assert (await client.present(good, grant_type="password")).status_code == 400
    assert (await client.present(good, scope="all")).status_code == 400
    assert kinds(nabla) == [
        *("assertion-algorithm", "assertion-algorithm", "assertion-not-a-jwt", "bad-grant", "unknown-field"),
    ]


async def test_a_provider_with_a_skewed_clock_refuses_a_young_assertion(nabla: NablaSimulator, client: Client) -> None:
    nabla.clock.skew = 61.0
    assert (await client.token()).status_code == 401
    nabla.clock.skew = -61.0
    assert (await client.token()).status_code == 401
    nabla.clock.skew = -59.0
    assert (await client.token()).status_code == 200
    assert nabla.violations == []


async def test_missing_invented_and_revoked_bearers_get_401(nabla: NablaSimulator, client: Client) -> None:
    good = client.headers["Authorization"]
    del client.headers["Authorization"]
    assert (await client.create()).status_code == 401
    client.headers["Authorization"] = "Bearer invented"
    assert (await client.create()).status_code == 401
    client.headers["Authorization"] = good
    nabla.revoke_tokens()
    assert (await client.create()).status_code == 401
    assert kinds(nabla) == ["missing-bearer", "unknown-bearer"]


async def test_a_missing_permission_is_403(nabla: NablaSimulator, client: Client) -> None:
    nabla.settings.permissions = frozenset({"create"})
    assert (await client.create()).status_code == 200
    assert (await client.read("x")).status_code == 403
    assert (await client.note()).status_code == 403


async def test_the_old_base_takes_the_api_key_and_speaks_in_lower_case(
    nabla: NablaSimulator, client: Client, clock: MovableClock
) -> None:
    client.base = f"{nabla.url}/v1/copilot-api/server"
    client.headers = {VERSION: "2024-04-22", "Authorization": "Bearer nabla-server-key"}
    request = await client.fetched()
    assert (await client.read(request)).json()["status"] == "ongoing"
    clock.advance(9)
    done = (await client.read(request)).json()
    assert done["status"] == "succeeded"
    first = done["payload"]["transcript"][0]
    assert first.keys() == {"text", "speaker", "start_time_ms", "end_time_ms"}
    assert first["speaker"] == "doctor"
    client.headers["Authorization"] = "Bearer wrong"
    assert (await client.create()).status_code == 401


# ---- strictness


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


# ---- note


async def test_a_note_has_a_title_and_sections(nabla: NablaSimulator, client: Client) -> None:
    note = (await client.note()).json()
    assert note["title"]
    assert [section.keys() for section in note["sections"]] == [{"key", "title", "text"}] * 3
    assert note["locale"] == "ENGLISH_US"


async def test_a_newer_note_is_nested_and_its_template_renamed(nabla: NablaSimulator, client: Client) -> None:
    client.headers[VERSION] = "2026-02-20"
    assert (await client.note(note_template="GENERIC_SOAP")).json()["note"]["note_template"] == "GENERIC_SOAP"
    client.headers[VERSION] = "2026-06-12"
    assert (await client.note(note_template_key="GENERIC_SOAP")).json()["note"]["note_template_key"] == "GENERIC_SOAP"
    assert (await client.note(note_template="GENERIC_SOAP")).status_code == 400
    assert kinds(nabla) == ["unknown-field"]


async def test_a_short_transcript_has_no_note(nabla: NablaSimulator, client: Client) -> None:
    refused = await client.note(transcript_items=[{"text": "Hello there", "speaker_type": "DOCTOR"}])
    assert refused.status_code == 422
    assert refused.json()["code"] == 83005
    assert refused.json()["name"] == "NOTE_GENERATION_TRANSCRIPT_TOO_SHORT"
    assert nabla.violations == []


@pytest.mark.parametrize(
    "body",
    [
        {"note_locale": "ARMENIAN_AM"},
        {"transcript_items": "text"},
        {"transcript_items": [{"text": "a"}]},
        {"transcript_items": [{"text": "a", "speaker_type": "NURSE"}]},
        {"transcript_items": [{"text": "a", "speaker_type": "DOCTOR", "start_offset_ms": 0}]},
        {"unknown": 1},
    ],
)
async def test_a_note_request_outside_the_contract_is_refused(nabla: NablaSimulator, client: Client, body: Any) -> None:
    assert (await client.note(**body)).status_code == 400
    assert len(kinds(nabla)) == 1


# ---- faults


@pytest.mark.parametrize(
    ("kind", "status"),
    [("unauthorized", 401), ("forbidden", 403), ("not_found", 404), ("rate_limited", 429), ("server_error", 503)],
)
@pytest.mark.parametrize("operation", ["token", "create", "read", "note"])
async def test_answer_faults_strike_their_operation(
    nabla: NablaSimulator, client: Client, kind: Kind, status: int, operation: str
) -> None:
    request = await client.fetched()
    calls: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
        "token": client.token,
        "create": client.create,
        "read": lambda: client.read(request),
        "note": client.note,
    }
    nabla.fault(kind, operation)
    refused = await calls[operation]()
    assert refused.status_code == status
    assert refused.json().keys() == {"message", "name", "code"}
    assert (await calls[operation]()).status_code == 200
    assert nabla.violations == []


@pytest.mark.parametrize("operation", ["token", "create", "read", "note"])
@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
async def test_cuts_strike_before_or_after_the_commit(
    nabla: NablaSimulator, client: Client, operation: str, kind: Kind
) -> None:
    request = await client.fetched()
    calls: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
        "token": client.token,
        "create": lambda: client.create(client_request_id="once"),
        "read": lambda: client.read(request),
        "note": client.note,
    }
    nabla.fault(kind, operation)
    with pytest.raises(httpx.TransportError):
        await calls[operation]()
    assert len(nabla.jobs) == (2 if operation == "create" and kind == "cut_after" else 1)
    assert (await calls[operation]()).status_code == 200
    assert len(nabla.jobs) == (2 if operation == "create" else 1)


async def test_html_in_place_of_json_and_a_slow_answer(nabla: NablaSimulator, client: Client) -> None:
    nabla.fault("html", "read")
    request = await client.fetched()
    assert "html" in (await client.read(request)).headers["Content-Type"]
    nabla.fault("slow", "read", seconds=0.3, times=1)
    with pytest.raises(httpx.ReadTimeout):
        await client.http.get(f"{client.base}/transcribe-async/{request}", headers=client.headers, timeout=0.1)


async def test_both_eras_of_names_and_cases_on_request(
    nabla: NablaSimulator, client: Client, clock: MovableClock
) -> None:
    request = await client.fetched()
    clock.advance(9)
    nabla.fault("old_names", "read")
    old = (await client.read(request)).json()
    assert old["status"] == "SUCCEEDED"
    assert old["payload"]["transcript"][0].keys() == {"text", "speaker", "start_time_ms", "end_time_ms"}
    nabla.fault("lower_case", "read")
    lower = (await client.read(request)).json()
    assert lower["status"] == "succeeded"
    assert lower["payload"]["transcript"][0]["speaker_type"] == "doctor"
    client.headers[VERSION] = "2024-04-22"
    nabla.fault("new_names", "read")
    nabla.fault("upper_case", "read")
    new = (await client.read(request)).json()
    assert new["status"] == "SUCCEEDED"
    assert new["payload"]["transcript"][0]["speaker_type"] == "DOCTOR"


async def test_shapes_of_a_finished_answer(nabla: NablaSimulator, client: Client, clock: MovableClock) -> None:
    request = await client.fetched()
    nabla.fault("missing_payload", "read")
    assert (await client.read(request)).json()["status"] == "ONGOING"
    clock.advance(9)
    assert (await client.read(request)).json() == {"id": request, "status": "SUCCEEDED"}
    nabla.fault("no_text", "read")
    assert (await client.read(request)).json()["payload"] == {}
    nabla.fault("empty_transcript", "read")
    assert (await client.read(request)).json()["payload"] == {"transcript": []}
    nabla.fault("out_of_order", "read")
    starts = [item["start_offset_ms"] for item in (await client.read(request)).json()["payload"]["transcript"]]
    assert starts == sorted(starts, reverse=True)
    nabla.fault("unknown_status", "read", text="PAUSED")
    assert (await client.read(request)).json()["status"] == "PAUSED"
    assert (await client.read(request)).json()["status"] == "SUCCEEDED"


async def test_a_failed_job_has_the_providers_words_and_a_webhook(
    nabla: NablaSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    nabla.plan(outcome="failed", error="Unintelligible")
    request = await client.fetched()
    clock.advance(9)
    failed = (await client.read(request)).json()
    assert failed["payload"] == {"http_status": 422, "message": "Unintelligible"}
    assert (await receiver.wait_for(1))[0].json == failed
    other = await client.fetched()
    nabla.fault("failed", "read", text="Too noisy")
    assert (await client.read(other)).json()["payload"]["message"] == "Too noisy"


# ---- webhook


def verified(hook: Hook, secret: str) -> bool:
    """Check a webhook with the primitives only, not with the simulator's code."""
    stamp, header = hook.headers["x-nabla-webhook-timestamp"], hook.headers["x-nabla-webhook-signature"]
    digest = hmac.new(secret.encode(), stamp.encode() + hook.raw, hashlib.sha256).hexdigest()
    return digest in [part.strip().removeprefix("sha256=") for part in header.split(",")]


@pytest.mark.parametrize("form", ["iso", "seconds"])
@pytest.mark.parametrize("prefix", ["", "sha256="])
@pytest.mark.parametrize("envelope", [False, True])
async def test_the_webhook_is_signed_over_its_time_and_raw_body(
    nabla: NablaSimulator,
    client: Client,
    clock: MovableClock,
    receiver: Receiver,
    form: Literal["iso", "seconds"],
    prefix: str,
    envelope: Any,
) -> None:
    settings = nabla.settings
    settings.timestamp_form, settings.signature_prefix, settings.webhook_envelope = form, prefix, envelope
    request = await client.fetched(client_request_id="mine")
    clock.advance(9)
    (hook,) = await receiver.wait_for(1)
    assert verified(hook, settings.webhook_secret)
    assert verified(hook, settings.retiring_webhook_secret)
    assert not verified(hook, "another secret")
    assert hook.headers["x-nabla-webhook-signature"].count(",") == 1
    stamp = hook.headers["x-nabla-webhook-timestamp"]
    assert stamp == (str(int(clock.at)) if form == "seconds" else "2025-06-15T15:06:49.000Z")
    body = hook.json
    if envelope:
        assert body.keys() == {"id", "type", "created_at", "data"}
        body = body["data"]
    assert (body["id"], body["client_request_id"], body["status"]) == (request, "mine", "SUCCEEDED")


async def test_a_webhook_is_repeated_until_200_and_signed_anew(
    nabla: NablaSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    receiver.answers = [500, 401]
    await client.fetched()
    for count in (1, 2, 3):
        clock.advance(9)
        await receiver.wait_for(count)
        await nabla.settle()
    clock.advance(900)
    await nabla.settle()
    assert [delivery.status for delivery in nabla.ledger.deliveries] == [500, 401, 200]
    assert len({hook.headers["x-nabla-webhook-timestamp"] for hook in receiver.hooks}) == 3
    assert all(verified(hook, nabla.settings.webhook_secret) for hook in receiver.hooks)


async def test_webhooks_come_early_late_twice_or_never(
    nabla: NablaSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    nabla.plan(webhook="early")
    made = (await client.create()).json()
    assert made["status"] == "SUCCEEDED"
    assert receiver.hooks[0].json["id"] == made["id"]
    await nabla.settle()
    receiver.hooks.clear()
    for plan in ({"webhook": "never"}, {"webhook": "twice"}, {"webhook": "late", "webhook_delay": 100}):
        nabla.plan(**plan)
    _never, twice, late = [await client.fetched() for _ in range(3)]
    clock.advance(9)
    await nabla.settle()
    clock.advance(100)
    await nabla.settle()
    assert [hook.json["id"] for hook in receiver.hooks] == [twice, twice, late]


async def test_hostile_webhooks_on_request(nabla: NablaSimulator, client: Client, receiver: Receiver) -> None:
    request = await client.fetched()
    variants: tuple[Variant, ...] = ("normal", "forged", "altered", "stale", "foreign", "unsigned")
    for variant in variants:
        assert (await nabla.send_webhook(request, variant)).status == 200
    hooks = dict(zip(variants, receiver.hooks, strict=True))
    secret = nabla.settings.webhook_secret
    assert [verified(hooks[variant], secret) for variant in variants[:5]] == [True, False, False, True, True]
    assert hooks["altered"].json == hooks["normal"].json  # only the raw bytes tell
    assert hooks["stale"].headers["x-nabla-webhook-timestamp"] < hooks["normal"].headers["x-nabla-webhook-timestamp"]
    assert hooks["foreign"].json["id"] not in nabla.jobs
    assert "x-nabla-webhook-signature" not in hooks["unsigned"].headers
    await nabla.send_webhook(request, "malformed")
    assert verified(receiver.hooks[-1], secret)
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        _ = receiver.hooks[-1].json


async def test_the_program_prints_one_line_with_a_key_that_works() -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators.nabla"), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    line = json.loads(await asyncio.wait_for(program.stdout.readline(), 20))
    environment = line["environment"]
    async with httpx.AsyncClient() as http:
        state = (await http.get(f"{line['url']}/control/state")).json()
        url = f"{environment['NABLA_BASE_URL']}/oauth/token"
        now, client = int(state["time"]), environment["NABLA_CLIENT_ID"]
        claims = {"iss": client, "sub": client, "aud": url, "iat": now, "exp": now + 60, "jti": "1"}
        body = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": jwt.encode(claims, environment["NABLA_PRIVATE_KEY"], algorithm="RS256"),
        }
        assert (await http.post(url, json=body)).status_code == 200
    program.terminate()
    assert await asyncio.wait_for(program.wait(), 10) == 0
