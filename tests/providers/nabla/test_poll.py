"""What the Nabla provider makes of each answer to a poll."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.domain.errors import Misconfigured, RateLimited, Transient
from bot.domain.job import RemoteJob
from bot.domain.transcript import Segment, Transcript
from bot.ports.provider import Failed, Pending, Succeeded, TranscriptionRequest
from bot.providers.nabla.provider import NablaProvider
from bot.providers.nabla.results import read_standing
from simulators.nabla import NablaSimulator
from simulators.provider.faults import Kind
from tests.providers.nabla.jobs import Build, begun, finished
from tests.providers.peers import REF
from tests.simulators.provider.peers import until


@pytest.mark.parametrize("version", ["2024-04-22", "2024-10-01", "2026-07-01"])
@pytest.mark.parametrize("shape", [None, "old_names", "new_names", "lower_case", "upper_case"])
async def test_both_eras_of_names_and_cases_are_read(
    sim: NablaSimulator, build: Build, order: TranscriptionRequest, version: str, shape: Kind | None
) -> None:
    nabla = build(NABLA_API_VERSION=version)
    remote = await finished(nabla, sim, order)
    if shape:
        sim.fault(shape, "read")
    found = await nabla.fetch(remote, REF)
    assert set(found.speakers) <= {"DOCTOR", "PATIENT"}
    assert found.speakers
    assert all(s.start is not None and s.end is not None and s.start < s.end for s in found.segments)


async def test_items_are_sorted_by_their_start(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.fault("out_of_order", "read")
    starts = [segment.start or 0.0 for segment in (await nabla.fetch(remote, REF)).segments]
    assert starts == sorted(starts)
    assert len(starts) > 1


async def test_an_empty_list_means_no_speech_and_a_missing_one_is_a_failure(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.fault("empty_transcript", "read")
    assert (await nabla.fetch(remote, REF)).is_empty
    for kind in ("no_text", "missing_payload"):
        sim.fault(kind, "read")
        assert isinstance(await nabla.poll(remote, REF), Failed)


async def test_a_status_nobody_knows_is_work_in_progress(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.fault("unknown_status", "read")
    assert await nabla.poll(remote, REF) == Pending()
    with pytest.raises(Transient, match="without a status"):
        read_standing({"id": "x"}, "ENGLISH_US", "GET nabla")


@pytest.mark.parametrize("number", ["http_status", "status", "code"])
async def test_a_failure_is_told_with_the_providers_words(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, number: str
) -> None:
    sim.settings.failure_code_name = number  # type: ignore[assignment]  # one of the literals
    remote = await begun(nabla, sim, order)
    sim.fault("failed", "read", text="Silence only")
    standing = await nabla.poll(remote, REF)
    assert isinstance(standing, Failed)
    assert (standing.problem.params["detail"], standing.detail) == ("Silence only", "failed with status 422")


def test_a_failure_of_unknown_shape_is_told_whole() -> None:
    standing = read_standing({"status": "failed", "payload": {"why": ["noise"]}}, "", "")
    assert isinstance(standing, Failed)
    assert standing.problem.params["detail"] == '{"why": ["noise"]}'
    bare = read_standing({"status": "FAILED"}, "", "")
    assert isinstance(bare, Failed)
    assert bare.problem.params["detail"] == ""


async def test_audio_that_cannot_be_downloaded_fails_the_job(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    sim.settings.download_spacing = ()
    remote = await nabla.create(replace(order, audio_url=f"{order.audio_url}-gone"))
    await until(lambda: sim.jobs[remote.ref].error is not None)
    assert isinstance(await nabla.poll(remote, REF), Failed)


async def test_a_job_that_is_not_known_any_more_is_broken(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.forget(remote.ref)
    assert isinstance(await nabla.poll(remote, REF), Failed)


@pytest.mark.parametrize(("form", "seconds", "pause"), [("seconds", 9, 9), ("date", 20, 20), ("missing", 2, 5)])
@pytest.mark.parametrize("operation", ["token", "create", "read", "note"])
async def test_429_is_a_pause_in_every_form(
    sim: NablaSimulator,
    build: Build,
    order: TranscriptionRequest,
    operation: str,
    form: str,
    seconds: float,
    pause: float,
) -> None:
    nabla = build(NABLA_NOTE="on")
    remote = RemoteJob("none") if operation == "token" else await finished(nabla, sim, order)
    sim.fault("rate_limited", operation, retry_after=form, seconds=seconds)
    steps: dict[str, Callable[[], Awaitable[object]]] = {
        "create": lambda: nabla.create(order),
        "note": lambda: nabla.enrich(Transcript((Segment("Hello"),), language="en-US")),
    }
    with pytest.raises(RateLimited) as caught:
        await steps.get(operation, lambda: nabla.poll(remote, REF))()
    assert caught.value.retry_after == pytest.approx(pause, abs=1)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error"])
async def test_a_poll_is_repeated_quickly(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest, kind: Kind
) -> None:
    remote = await finished(nabla, sim, order)
    sim.fault(kind, "read", times=2)
    assert isinstance(await nabla.poll(remote, REF), Succeeded)


async def test_a_missing_permission_is_for_the_operator(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    remote = await finished(nabla, sim, order)
    sim.settings.permissions = frozenset()
    for step in (nabla.create(order), nabla.poll(remote, REF)):
        with pytest.raises(Misconfigured, match="permission"):
            await step


async def test_a_result_that_is_not_ready_cannot_be_fetched(
    sim: NablaSimulator, nabla: NablaProvider, order: TranscriptionRequest
) -> None:
    with pytest.raises(Transient):
        await nabla.fetch(await begun(nabla, sim, order), REF)


def test_a_failure_is_in_the_name_of_its_account() -> None:
    for found in ({"status": "FAILED"}, {"status": "SUCCEEDED"}):
        standing = read_standing(found, "", "", "Nabla 2")
        assert isinstance(standing, Failed)
        assert standing.problem.params["provider"] == "Nabla 2"
