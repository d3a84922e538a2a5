"""The Xosum simulator, spoken to by plain httpx: what it refuses, breaks, sends, charges and records."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from simulators.provider.faults import Kind
from simulators.provider.results import mark_of
from simulators.provider.uploads.media import Intake
from simulators.xosum import XosumSettings, XosumSimulator
from tests.simulators.provider.peers import MovableClock, Receiver, encoded, silent_mp3, until, wav


class Client:
    """A contract-keeping client that returns bare responses."""

    def __init__(self, xosum: XosumSimulator, http: httpx.AsyncClient) -> None:
        self.xosum, self.http = xosum, http
        self.headers = {"Authorization": f"Bearer {xosum.settings.api_key}"}

    async def create(self, **body: Any) -> httpx.Response:
        body = {"type": "single_voice", **body}
        return await self.http.post(f"{self.xosum.url}/api/createTranscription", json=body, headers=self.headers)

    async def put(self, url: str, content: bytes = silent_mp3(2)) -> httpx.Response:
        return await self.http.put(url, content=content, headers={"Content-Type": "audio/mpeg"})

    async def read(self, doc: str) -> httpx.Response:
        url = f"{self.xosum.url}/api/getTranscription"
        return await self.http.get(url, params={"docId": doc}, headers=self.headers)

    def calls(self, made: dict[str, str]) -> dict[str, Callable[[], Awaitable[httpx.Response]]]:
        """Each operation, by the name that a fault has for it."""
        return {
            "create": self.create,
            "upload": lambda: self.put(made["uploadUrl"]),
            "read": lambda: self.read(made["docId"]),
        }

    async def uploaded(self, content: bytes = silent_mp3(2), **body: Any) -> str:
        made = (await self.create(**body)).json()
        assert (await self.put(made["uploadUrl"], content)).status_code == 200
        return str(made["docId"])


@pytest.fixture
async def xosum(clock: MovableClock, receiver: Receiver) -> AsyncIterator[XosumSimulator]:
    settings = XosumSettings(webhook_url=f"{receiver.url}/hooks/xosum", job_seconds=9.0)
    async with XosumSimulator(settings, now=clock) as xosum:
        yield xosum


@pytest.fixture
async def client(xosum: XosumSimulator) -> AsyncIterator[Client]:
    async with httpx.AsyncClient() as http:
        yield Client(xosum, http)


def kinds(xosum: XosumSimulator) -> list[str]:
    return [violation.kind for violation in xosum.ledger.violations]


# ---- the way it should go


async def test_a_job_goes_through_the_documented_statuses_as_time_passes(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    made = (await client.create(metadata={"job": "7"})).json()
    doc = made["docId"]
    first = (await client.read(doc)).json()
    assert first["status"] == "uploading"
    assert first["metadata"] == {"job": "7"}
    assert first["createdAt"].endswith("Z")
    assert (await client.put(made["uploadUrl"])).status_code == 200
    seen = []
    for _ in range(4):
        seen.append((await client.read(doc)).json()["status"])
        clock.advance(3)
    assert seen == ["processing", "processing", "converting", "transcribed"]
    done = (await client.read(doc)).json()
    assert done["languageCode"] == "hy-AM"
    assert done["duration"] == pytest.approx(2, abs=0.1)
    assert done["title"]
    assert done["resolution"]
    assert "Խոսնակ" not in done["transcription"]
    assert xosum.violations == []


async def test_a_phone_call_has_both_armenian_labels_and_the_files_own_mark(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    content = silent_mp3(2, "mine")
    doc = await client.uploaded(content, type="phone_call")
    clock.advance(10)
    text = (await client.read(doc)).json()["transcription"]
    assert "Խոսնակ 1: " in text
    assert "Խոսնակ 2: " in text
    assert mark_of(xosum.billed[0].sha256) in text


async def test_the_transcript_of_a_content_can_be_set(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    doc = await client.uploaded()
    result = {"segments": [{"text": "Բարև"}], "title": None, "summary": None, "language": "hy-AM"}
    sha256 = xosum.billed[0].sha256
    await client.http.post(f"{xosum.url}/control/results", json={"sha256": sha256, "result": result})
    clock.advance(10)
    done = (await client.read(doc)).json()
    assert done["transcription"] == "Բարև"
    assert done["title"] is None
    assert done["resolution"] is None


@pytest.mark.parametrize(("language", "code"), [("en", "en-US"), ("ru", "ru-RU"), ("fr", "fr-FR")])
async def test_default_transcripts_exist_in_other_languages(
    xosum: XosumSimulator, client: Client, clock: MovableClock, language: str, code: str
) -> None:
    xosum.settings.language = language
    doc = await client.uploaded()
    clock.advance(10)
    assert (await client.read(doc)).json()["languageCode"] == code


async def test_processing_time_can_follow_the_length_of_the_audio(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    xosum.settings.job_seconds, xosum.settings.seconds_per_audio_second = 0.0, 0.5
    doc = await client.uploaded(silent_mp3(60))
    clock.advance(29)
    assert (await client.read(doc)).json()["status"] != "transcribed"
    clock.advance(2)
    assert (await client.read(doc)).json()["status"] == "transcribed"


# ---- strictness


async def test_a_missing_and_a_wrong_key_are_told_apart(xosum: XosumSimulator, client: Client) -> None:
    client.headers = {}
    assert (await client.create()).status_code == 401
    assert kinds(xosum) == ["missing-bearer"]
    client.headers = {"Authorization": "Bearer wrong"}
    assert (await client.create()).status_code == 401
    assert kinds(xosum) == ["missing-bearer"]


async def test_an_account_without_api_access_gets_403(xosum: XosumSimulator, client: Client) -> None:
    xosum.settings.api_enabled = False
    assert (await client.create()).status_code == 403
    assert (await client.read("x")).status_code == 403


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"type": "video"}, "bad-type"),
        ({"metadata": {"deep": {"er": 1}}}, "metadata-not-flat"),
        ({"metadata": {"count": 1}}, "metadata-not-flat"),
        ({"language": "hy"}, "unknown-field"),
        ({"checklistId": 5}, "bad-checklist"),
    ],
)
async def test_a_create_outside_the_contract_is_refused(
    xosum: XosumSimulator, client: Client, body: Any, kind: Kind
) -> None:
    assert (await client.create(**body)).status_code == 400
    assert kinds(xosum) == [kind]
    assert xosum.jobs == {}


async def test_a_create_without_type_or_json_is_refused(xosum: XosumSimulator, client: Client) -> None:
    url = f"{xosum.url}/api/createTranscription"
    assert (await client.http.post(url, json={}, headers=client.headers)).status_code == 400
    assert (await client.http.post(url, content=b"{}", headers=client.headers)).status_code == 415
    headers = {**client.headers, "Content-Type": "application/json"}
    assert (await client.http.post(url, content=b"{", headers=headers)).status_code == 400
    assert (await client.http.post(url, content=b"[]", headers=headers)).status_code == 400
    assert kinds(xosum) == ["missing-field", "not-json-type", "not-json", "not-json"]


async def test_an_unknown_document_a_forgotten_one_and_a_bad_query(xosum: XosumSimulator, client: Client) -> None:
    assert (await client.read("nobody")).status_code == 404
    doc = await client.uploaded()
    xosum.forget(doc)
    assert (await client.read(doc)).status_code == 404
    url = f"{xosum.url}/api/getTranscription"
    assert (await client.http.get(url, params={"id": doc}, headers=client.headers)).status_code == 400
    assert kinds(xosum) == ["unknown-id", "bad-query"]


async def test_unknown_paths_and_methods_are_breaches(xosum: XosumSimulator, client: Client) -> None:
    assert (await client.http.get(f"{xosum.url}/api/api/createTranscription")).status_code == 404
    assert (await client.http.get(f"{xosum.url}/api/createTranscription")).status_code == 405
    assert kinds(xosum) == ["unknown-path", "wrong-method"]


@pytest.mark.parametrize(
    "content",
    [wav(1), encoded("ogg", "libopus"), b"", b"\xff\xfb\x90" + b"junk" * 5000, silent_mp3(0) + b"junk" * 400, b"ID3"],
)
async def test_bytes_that_are_no_mp3_fail_the_job_and_are_not_billed(
    xosum: XosumSimulator, client: Client, content: bytes
) -> None:
    doc = await client.uploaded(content)
    answer = (await client.read(doc)).json()
    assert answer["status"] == "failed"
    assert "MP3" in answer["error"]
    assert kinds(xosum) == ["not-mp3"]
    assert xosum.billed == []


async def test_bytes_that_are_no_mp3_can_fail_the_put(xosum: XosumSimulator, client: Client) -> None:
    xosum.settings.refuse_media = "put"
    made = (await client.create()).json()
    assert (await client.put(made["uploadUrl"], wav(1))).status_code == 400
    assert (await client.put(made["uploadUrl"])).status_code == 200


async def test_a_real_encoders_mp3_is_taken_with_its_length(xosum: XosumSimulator, client: Client) -> None:
    await client.uploaded(encoded("mp3", "libmp3lame", 3.0))
    assert xosum.billed[0].seconds == pytest.approx(3.0, abs=0.15)
    assert xosum.violations == []


async def test_a_chunked_put_is_refused_with_411(xosum: XosumSimulator, client: Client) -> None:
    made = (await client.create()).json()

    async def chunks() -> AsyncIterator[bytes]:
        yield silent_mp3(1)

    answer = await client.http.put(made["uploadUrl"], content=chunks(), headers={"Content-Type": "audio/mpeg"})
    assert answer.status_code == 411
    assert kinds(xosum) == ["chunked-upload"]
    assert xosum.billed == []


async def test_an_authorization_header_at_the_presigned_url_is_refused(xosum: XosumSimulator, client: Client) -> None:
    made = (await client.create()).json()
    answer = await client.http.put(made["uploadUrl"], content=silent_mp3(1), headers=client.headers)
    assert answer.status_code == 400
    assert "<Error>" in answer.text
    assert kinds(xosum) == ["authorization-at-presigned-url"]


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.split("?")[0],
        lambda url: url.replace("%2f", "%2F"),
        lambda url: url.replace("a+b%20c", "a%20b%20c"),
        lambda url: url.replace("empty=", "empty"),
        lambda url: url.replace("tag=%7E2", "tag=~2"),
        lambda url: "&".join([url.split("&")[0], *sorted(url.split("&")[1:])]),
    ],
)
async def test_a_changed_query_of_the_presigned_url_is_refused(
    xosum: XosumSimulator, client: Client, change: Callable[[str], str]
) -> None:
    made = (await client.create()).json()
    assert change(made["uploadUrl"]) != made["uploadUrl"]
    assert (await client.put(change(made["uploadUrl"]))).status_code == 403
    assert kinds(xosum) == ["upload-url-changed"]


async def test_an_upload_type_that_was_not_agreed_is_refused_and_none_is_taken(
    xosum: XosumSimulator, client: Client
) -> None:
    made = (await client.create()).json()
    answer = await client.http.put(made["uploadUrl"], content=silent_mp3(1), headers={"Content-Type": "audio/wav"})
    assert answer.status_code == 403
    assert kinds(xosum) == ["wrong-upload-type"]
    assert (await client.http.put(made["uploadUrl"], content=silent_mp3(1))).status_code == 200


async def test_an_upload_to_nowhere_is_a_breach(xosum: XosumSimulator, client: Client) -> None:
    assert (await client.put(f"{xosum.url}/storage/recordings/x/y?z")).status_code == 404
    assert kinds(xosum) == ["unknown-upload"]


async def test_an_upload_url_dies_after_its_life_and_that_is_no_breach(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    xosum.settings.upload_life = 60.0
    made = (await client.create()).json()
    clock.advance(59)
    assert (await client.put(made["uploadUrl"])).status_code == 200
    clock.advance(2)
    assert (await client.put(made["uploadUrl"])).status_code == 403
    other = (await client.create()).json()
    xosum.expire_upload(other["docId"])
    assert (await client.put(other["uploadUrl"])).status_code == 403
    assert xosum.violations == []


@pytest.mark.parametrize("token", ["xoxb-123456-abc", "xoxe.xoxp-1-Mi0", "xoxe-1-abcdef", "xapp-1-A012-345"])
async def test_a_slack_token_anywhere_is_a_leak(xosum: XosumSimulator, client: Client, token: str) -> None:
    await client.http.get(f"{xosum.url}/api/getTranscription", params={"docId": token}, headers=client.headers)
    await client.http.get(f"{xosum.url}/{token}")
    await client.http.get(f"{xosum.url}/api/getTranscription", headers={"X-Other": token})
    await client.create(metadata={"job": token})
    made = (await client.create()).json()
    await client.put(made["uploadUrl"], silent_mp3(1) + token.encode())
    assert kinds(xosum) == ["slack-token"] * 5
    assert token not in json.dumps((await client.http.get(f"{xosum.url}/control/requests")).json()["requests"][2])


@pytest.mark.parametrize("cut", range(1, 15))
async def test_a_slack_token_across_two_chunks_of_an_upload_is_found(cut: int) -> None:
    intake, token = Intake(), b"xoxb-1234567890"
    intake.feed(silent_mp3(1) + token[:cut])
    intake.feed(token[cut:] + silent_mp3(1))
    assert (await intake.content()).leaked_token


# ---- rate


async def test_the_61st_call_of_a_wall_clock_minute_is_429_with_the_seconds_to_the_next(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    clock.at = 1_750_000_020.0 - 1_750_000_020.0 % 60 + 47
    made = (await client.create()).json()
    for _ in range(59):
        assert (await client.read(made["docId"])).status_code == 200
    assert (await client.put(made["uploadUrl"])).status_code == 200  # storage does not count
    refused = await client.read(made["docId"])
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "13"
    assert (await client.create()).status_code == 429
    assert (await client.put(made["uploadUrl"])).status_code == 200
    assert kinds(xosum) == ["rate-limit", "rate-limit"]
    clock.advance(13)
    assert (await client.read(made["docId"])).status_code == 200
    assert sorted(xosum.ledger.per_minute().values()) == [1, 62]


async def test_the_minute_follows_the_providers_skewed_clock(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    clock.at = 1_750_000_020.0 - 1_750_000_020.0 % 60 + 30
    xosum.settings.rate_limit = 1
    await client.http.post(f"{xosum.url}/control/clock", json={"skew": 25})
    assert (await client.read((await client.create()).json()["docId"])).headers["Retry-After"] == "5"


# ---- billing


async def test_a_create_without_upload_is_not_billed_and_an_upload_is_billed_once(
    xosum: XosumSimulator, client: Client
) -> None:
    await client.create()
    made = (await client.create()).json()
    content = silent_mp3(30, "bill")
    first = await client.put(made["uploadUrl"], content)
    again = await client.put(made["uploadUrl"], content)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.headers["ETag"] == again.headers["ETag"]
    (entry,) = xosum.billed
    assert (entry.job, entry.size) == (made["docId"], len(content))
    assert entry.seconds == pytest.approx(30, abs=0.1)


async def test_a_repeated_put_neither_restarts_the_job_nor_doubles_its_webhook(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    made = (await client.create()).json()
    await client.put(made["uploadUrl"])
    clock.advance(8)
    await client.put(made["uploadUrl"], silent_mp3(3, "other bytes"))
    clock.advance(1)
    done = (await client.read(made["docId"])).json()
    assert mark_of(xosum.billed[0].sha256) in done["transcription"]
    await xosum.settle()
    clock.advance(100)
    await xosum.settle()
    assert len(receiver.hooks) == 1


async def test_two_puts_at_once_to_one_url_are_billed_once(xosum: XosumSimulator, client: Client) -> None:
    made = (await client.create()).json()
    await asyncio.gather(*(client.put(made["uploadUrl"], silent_mp3(60)) for _ in range(4)))
    assert len(xosum.billed) == 1


async def test_a_client_that_leaves_in_mid_put_stores_nothing(xosum: XosumSimulator, client: Client) -> None:
    made = (await client.create()).json()
    url = httpx.URL(made["uploadUrl"])
    _reader, writer = await asyncio.open_connection(url.host, url.port)
    path = url.raw_path.decode()
    head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Type: audio/mpeg\r\nContent-Length: 100000\r\n\r\n"
    writer.write(head.encode() + silent_mp3(1))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await client.read(made["docId"])).json()["status"] == "uploading"
    assert xosum.billed == []
    assert (await client.put(made["uploadUrl"])).status_code == 200
    assert [entry.size for entry in xosum.billed] == [len(silent_mp3(2))]
    assert xosum.violations == []


# ---- faults


@pytest.mark.parametrize(
    ("kind", "status"),
    [("unauthorized", 401), ("forbidden", 403), ("not_found", 404), ("rate_limited", 429), ("server_error", 503)],
)
@pytest.mark.parametrize("operation", ["create", "upload", "read"])
async def test_answer_faults_strike_their_operation_for_the_asked_number_of_calls(
    xosum: XosumSimulator, client: Client, kind: Kind, status: int, operation: str
) -> None:
    made = (await client.create()).json()
    calls = client.calls(made)
    xosum.fault(kind, operation, times=2)
    assert [(await calls[operation]()).status_code for _ in range(3)] == [status, status, 200]
    assert xosum.faults.fired == [(operation, kind)] * 2
    assert xosum.violations == []


async def test_a_fault_can_wait_be_for_one_job_last_and_be_cleared(xosum: XosumSimulator, client: Client) -> None:
    one, two = (await client.create()).json()["docId"], (await client.create()).json()["docId"]
    xosum.fault("server_error", "read", job=two, skip=1, times=None, status=502)
    assert [(await client.read(doc)).status_code for doc in (one, two, one, two, two)] == [200, 200, 200, 502, 502]
    xosum.faults.clear()
    assert (await client.read(two)).status_code == 200


async def test_a_fault_that_could_never_strike_is_refused(xosum: XosumSimulator, client: Client) -> None:
    never: tuple[tuple[Kind, str], ...] = (("html", "token"), ("old_names", "read"))
    for kind, operation in never:
        with pytest.raises(ValueError, match=r"has no fault|no operation"):
            xosum.fault(kind, operation)
    answer = await client.http.post(f"{xosum.url}/control/faults", json={"kind": "nonsense"})
    assert answer.status_code == 400


async def test_retry_after_comes_as_seconds_as_a_date_or_not_at_all(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    doc = (await client.create()).json()["docId"]
    xosum.fault("rate_limited", "read", seconds=7)
    xosum.fault("rate_limited", "read", seconds=30, retry_after="date")
    xosum.fault("rate_limited", "read", retry_after="missing")
    seconds, date, missing = [(await client.read(doc)).headers.get("Retry-After") for _ in range(3)]
    assert seconds == "7"
    assert parsedate_to_datetime(date).timestamp() == clock.at + 30
    assert missing is None


@pytest.mark.parametrize("operation", ["create", "upload", "read"])
async def test_a_cut_before_handling_commits_nothing_and_a_cut_after_commits(
    xosum: XosumSimulator, client: Client, operation: str
) -> None:
    made = (await client.create()).json()
    calls = client.calls(made)
    for kind in ("cut_before", "cut_after"):
        xosum.fault(kind, operation)
        with pytest.raises(httpx.TransportError):
            await calls[operation]()
        cut = xosum.ledger.find(operation)[-1]
        assert (cut.status, cut.faults) == (0, [kind])
        if kind == "cut_before":
            assert (len(xosum.jobs), len(xosum.billed)) == (1, 0)
    assert len(xosum.jobs) == (2 if operation == "create" else 1)
    assert len(xosum.billed) == (1 if operation == "upload" else 0)
    assert (await calls[operation]()).status_code == 200


async def test_a_put_cut_in_the_middle_stores_nothing_and_can_be_repeated(
    xosum: XosumSimulator, client: Client
) -> None:
    made = (await client.create()).json()
    xosum.fault("cut_upload", "upload", size=100_000)
    xosum.fault("cut_upload", "upload", size=0)
    for _ in range(2):
        with pytest.raises(httpx.TransportError):
            await client.put(made["uploadUrl"], silent_mp3(3600))
    assert xosum.billed == []
    assert (await client.put(made["uploadUrl"])).status_code == 200
    assert len(xosum.billed) == 1


async def test_html_comes_instead_of_json_with_200(xosum: XosumSimulator, client: Client) -> None:
    xosum.fault("html", "create")
    answer = await client.create()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert xosum.jobs == {}


async def test_a_misspelt_error_key(xosum: XosumSimulator, client: Client) -> None:
    xosum.fault("messsage", "create", text="No")
    answer = await client.create()
    assert (answer.status_code, answer.json()) == (400, {"messsage": "No"})


async def test_slow_answers_come_after_the_clients_timeout_before_or_after_the_commit(
    xosum: XosumSimulator, client: Client
) -> None:
    strikes: tuple[tuple[Kind, int], ...] = (("slow", 0), ("slow_after", 1))
    for kind, jobs in strikes:
        xosum.fault(kind, "create", seconds=0.4)
        with pytest.raises(httpx.ReadTimeout):
            await client.http.post(
                f"{xosum.url}/api/createTranscription",
                json={"type": "single_voice"},
                headers=client.headers,
                timeout=0.1,
            )
        assert len(xosum.jobs) == jobs
        xosum.jobs.clear()
        await until(lambda: xosum.ledger.requests[-1].status != 0)  # the slow one is still being handled
        xosum.jobs.clear()


async def test_shapes_of_a_finished_answer_wait_for_the_job_to_finish(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    doc = await client.uploaded()
    xosum.fault("no_text", "read")
    xosum.fault("empty_transcript", "read", skip=1)
    xosum.fault("missing_payload", "read", skip=2)
    assert (await client.read(doc)).json()["status"] == "processing"
    clock.advance(10)
    no_text, empty, missing, whole = [(await client.read(doc)).json() for _ in range(4)]
    assert no_text["status"] == "transcribed"
    assert no_text["transcription"] is None
    assert empty["transcription"] == ""
    assert "transcription" not in missing
    assert "type" not in missing
    assert whole["transcription"]


async def test_unknown_and_upper_case_statuses(xosum: XosumSimulator, client: Client) -> None:
    doc = await client.uploaded()
    xosum.fault("unknown_status", "read", text="on_hold")
    xosum.fault("upper_case", "read", skip=1)
    assert [(await client.read(doc)).json()["status"] for _ in range(3)] == ["on_hold", "PROCESSING", "processing"]


async def test_a_job_fails_for_good_with_the_providers_words_and_no_webhook(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    doc = await client.uploaded()
    xosum.fault("failed", "read", text="Low quality")
    first = (await client.read(doc)).json()
    assert (first["status"], first["error"]) == ("failed", "Low quality")
    xosum.plan(outcome="failed", error="Too noisy", seconds=2)
    other = await client.uploaded()
    assert (await client.read(other)).json()["status"] == "processing"
    clock.advance(20)
    assert (await client.read(doc)).json()["status"] == "failed"
    assert (await client.read(other)).json()["error"] == "Too noisy"
    await xosum.settle()
    assert receiver.hooks == []
    assert len(xosum.billed) == 2


# ---- webhooks


async def test_the_webhook_carries_the_secret_and_the_result(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    doc = await client.uploaded(type="phone_call", metadata={"job": "9"})
    await xosum.settle()
    assert receiver.hooks == []
    clock.advance(9)
    (hook,) = await receiver.wait_for(1)
    body = hook.json
    assert hook.path == "/hooks/xosum"
    assert "Authorization" not in hook.headers
    assert body.keys() == {
        *("event_type", "secret", "docId", "transcription", "metadata", "title", "resolution", "link"),
    }
    assert (body["event_type"], body["secret"]) == ("transcript_ready", xosum.settings.webhook_secret)
    assert (body["docId"], body["metadata"]) == (doc, {"job": "9"})
    assert body["transcription"] == (await client.read(doc)).json()["transcription"]


async def test_the_oldest_webhook_has_no_event_type(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    xosum.settings.webhook_has_event_type = False
    await client.uploaded()
    clock.advance(9)
    assert "event_type" not in (await receiver.wait_for(1))[0].json


async def test_a_webhook_is_repeated_with_its_spacing_until_200(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    receiver.answers = [500, 202, 302]
    xosum.settings.webhook_spacing = (1.0, 10.0)
    await client.uploaded()
    clock.advance(9)
    for count, wait in ((1, 1.0), (2, 10.0), (3, 10.0)):
        await receiver.wait_for(count)
        await xosum.settle()
        clock.advance(wait - 0.5)
        await xosum.settle()
        assert len(receiver.hooks) == count
        clock.advance(0.5)
    await receiver.wait_for(4)
    await xosum.settle()
    clock.advance(1000)
    await xosum.settle()
    assert [delivery.status for delivery in xosum.ledger.deliveries] == [500, 202, 302, 200]
    assert xosum.webhooks.outstanding() == 0


async def test_a_webhook_gives_up_and_survives_a_dead_receiver(
    xosum: XosumSimulator, client: Client, clock: MovableClock
) -> None:
    xosum.settings.webhook_url = "http://127.0.0.1:9/nobody"
    xosum.settings.webhook_attempts = 2
    await client.uploaded()
    for _ in range(4):
        clock.advance(20)
        await xosum.settle()
    assert [delivery.status for delivery in xosum.ledger.deliveries] == [0, 0]
    assert all(delivery.error for delivery in xosum.ledger.deliveries)


async def test_webhooks_come_early_late_twice_or_never(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    xosum.plan(webhook="early")
    made = (await client.create()).json()
    assert [hook.json["docId"] for hook in receiver.hooks] == [made["docId"]]  # before the answer was here
    receiver.hooks.clear()
    for plan in ({"webhook": "never"}, {"webhook": "twice"}, {"webhook": "late", "webhook_delay": 100}):
        xosum.plan(**plan)
    never, twice, late = [await client.uploaded() for _ in range(3)]
    clock.advance(9)
    await receiver.wait_for(2)
    await xosum.settle()
    assert [hook.json["docId"] for hook in receiver.hooks] == [twice, twice]
    clock.advance(100)
    await receiver.wait_for(3)
    assert receiver.hooks[-1].json["docId"] == late
    assert never in xosum.jobs


async def test_hostile_webhooks_on_request(xosum: XosumSimulator, client: Client, receiver: Receiver) -> None:
    doc = await client.uploaded()
    for variant in ("normal", "forged", "unsigned", "altered", "foreign", "analysis"):
        assert (await xosum.send_webhook(doc, variant)).status == 200
    normal, forged, unsigned, altered, foreign, analysis = [hook.json for hook in receiver.hooks]
    secret = xosum.settings.webhook_secret
    assert forged["secret"] not in (secret, None)
    assert "secret" not in unsigned
    assert altered["secret"] == secret
    assert altered["transcription"] != normal["transcription"]
    assert (foreign["secret"], foreign["docId"] in xosum.jobs) == (secret, False)
    assert analysis["event_type"] == "analysis_ready"
    await xosum.send_webhook(doc, "malformed")
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        _ = receiver.hooks[-1].json
    unknown = await xosum.send_webhook("somebody-elses", url=f"{receiver.url}/elsewhere")
    assert unknown.url.endswith("/elsewhere")
    assert receiver.hooks[-1].json["docId"] == "somebody-elses"


async def test_hostile_webhooks_can_precede_the_real_one(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    xosum.plan(extras=("forged", "foreign"))
    receiver.answers = [401, 401]
    doc = await client.uploaded()
    clock.advance(9)
    await receiver.wait_for(3)
    await xosum.settle()
    assert [delivery.variant for delivery in xosum.ledger.deliveries] == ["forged", "foreign", "normal"]
    assert receiver.hooks[-1].json["docId"] == doc


async def test_a_checklist_brings_the_analysis_webhook_too(
    xosum: XosumSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    await client.uploaded(checklistId="qa-1")
    clock.advance(9)
    hooks = await receiver.wait_for(2)
    assert {hook.json["event_type"] for hook in hooks} == {"transcript_ready", "analysis_ready"}


async def test_finish_ends_a_job_and_sends_its_webhook_at_once(
    xosum: XosumSimulator, client: Client, receiver: Receiver
) -> None:
    doc = await client.uploaded()
    xosum.finish(doc)
    assert (await receiver.wait_for(1))[0].json["docId"] == doc
    assert (await client.read(doc)).json()["status"] == "transcribed"


# ---- control


async def test_the_control_api_tells_and_changes_everything_and_is_not_recorded(
    xosum: XosumSimulator, client: Client, receiver: Receiver
) -> None:
    async def control(method: str, path: str, body: Any = None) -> Any:
        answer = await client.http.request(method, f"{xosum.url}/control/{path}", json=body)
        return answer.status_code, answer.json()

    assert (await control("POST", "settings", {"create_status": 201, "job_seconds": 5}))[0] == 200
    assert (await control("GET", "settings"))[1]["create_status"] == 201
    assert (await control("POST", "settings", {"no_such": 1}))[0] == 400
    assert (await control("POST", "plans", {"webhook": "never"}))[0] == 200
    made = await client.create()
    assert made.status_code == 201
    doc = made.json()["docId"]
    await client.put(made.json()["uploadUrl"])
    assert (await control("POST", f"jobs/{doc}/finish"))[0] == 200
    assert (await control("POST", "jobs/unknown/finish"))[0] == 404
    assert (await control("POST", "webhooks", {"job": doc, "variant": "forged"}))[1]["status"] == 200
    assert (await control("POST", "faults", {"kind": "html", "operation": "read"}))[0] == 200
    assert (await control("POST", "settle"))[0] == 200
    state = (await control("GET", "state"))[1]
    assert state["jobs"][doc]["finished"] is True
    assert [entry["job"] for entry in state["billed"]] == [doc]
    assert len(state["faults"]) == 1
    assert state["deliveries"][0]["variant"] == "forged"
    assert (await control("DELETE", "faults"))[0] == 200
    requests = (await control("GET", "requests?operation=create&status=201"))[1]["requests"]
    assert [record["job"] for record in requests] == [doc]
    assert requests[0]["headers"]["Authorization"] == "Bearer ***"
    assert len(xosum.ledger.requests) == 2
    assert (await control("POST", f"jobs/{doc}/expire"))[0] == 200
    assert (await client.put(made.json()["uploadUrl"])).status_code == 403
    assert (await control("POST", f"jobs/{doc}/forget"))[0] == 200
    assert (await client.read(doc)).status_code == 404
    assert (await control("POST", "revoke"))[0] == 200
    before = (await control("GET", "state"))[1]["time"]
    assert (await control("POST", "clock", {"advance": 60}))[1]["time"] == before + 60
    assert (await control("DELETE", "ledger"))[0] == 200
    assert xosum.ledger.requests == []
    assert (await control("POST", "reset"))[0] == 200
    assert xosum.jobs == {}


async def test_the_program_prints_one_line_with_its_address_and_the_bots_settings() -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators.xosum", "--settings", '{"api_key": "mine"}'), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    line = json.loads(await asyncio.wait_for(program.stdout.readline(), 20))
    assert line["environment"]["XOSUM_API_KEY"] == "mine"
    async with httpx.AsyncClient() as http:
        state = await http.get(f"{line['url']}/control/state")
        assert state.json()["name"] == "xosum"
    program.terminate()
    assert await asyncio.wait_for(program.wait(), 10) == 0
