"""What the Nabla simulator breaks when a test asks for it."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from simulators.nabla import NablaSimulator
from simulators.provider.faults import Kind
from tests.simulators.provider.nabla.client import VERSION, Client
from tests.simulators.provider.peers import MovableClock, Receiver

READ = httpx.Timeout(60.0, read=0.1)  # a busy machine may take longer to connect


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
    nabla.fault("slow", "read", seconds=60.0, times=1)
    with pytest.raises(httpx.ReadTimeout):
        await client.http.get(f"{client.base}/transcribe-async/{request}", headers=client.headers, timeout=READ)


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
