"""What the Xosum simulator breaks when a test asks for it."""

from email.utils import parsedate_to_datetime

import httpx
import pytest

from simulators.provider.faults import Kind
from simulators.xosum import XosumSimulator
from tests.simulators.provider.peers import MovableClock, Receiver, silent_mp3, until
from tests.simulators.provider.xosum.client import Client


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
    strikes: tuple[tuple[Kind, int], ...] = (("slow_after", 1), ("slow", 0))
    for kind, jobs in strikes:
        xosum.fault(kind, "create", seconds=60.0)
        with pytest.raises(httpx.ReadTimeout):
            await client.http.post(
                f"{xosum.url}/api/createTranscription",
                json={"type": "single_voice"},
                headers=client.headers,
                timeout=httpx.Timeout(60.0, read=0.1),
            )
        await until(lambda kind=kind: kind in xosum.ledger.requests[-1].faults)  # type: ignore[misc]  # bound at once
        assert len(xosum.jobs) == jobs
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
