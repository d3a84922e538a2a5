"""What the Invox Medical simulator breaks when a test asks for it."""

import httpx
import pytest

from simulators.invox import InvoxSimulator
from simulators.provider.faults import Kind
from tests.simulators.provider.invox.client import Client
from tests.simulators.provider.peers import MovableClock, Receiver, wav

READ = httpx.Timeout(60.0, read=0.1)  # a busy machine may take longer to connect


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
    invox.fault("slow", "create", seconds=60.0)
    url = f"{invox.url}/api/v1/generate-presigned-url"
    with pytest.raises(httpx.ReadTimeout):
        await client.http.post(url, json={"mimeType": "audio/wav"}, headers=client.headers, timeout=READ)


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
