"""The three services behind the real engine, store and web routes: a file in, its transcript out, one bill each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import Core, open_core, open_providers
from bot.audio.disk import DiskFile
from bot.domain.errors import ProblemCode
from bot.domain.job import Job, Options, Origin
from bot.domain.transcript import Transcript
from bot.ports.audio import SourceFile
from bot.ports.store import NewJob
from bot.providers.webhook_address import webhook_address
from simulators.invox import InvoxSimulator
from simulators.nabla import NablaSimulator
from simulators.xosum import XosumSimulator
from tests.providers.peers import settings_for
from tests.support.harnesses.bot import Service, simulated
from tests.support.machine.processes import free_port

SAMPLES = Path(__file__).parents[2] / "simulators" / "samples"

pytestmark = pytest.mark.engine


class Thread:
    """The chat of one file: gives its bytes, keeps its answer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answer: asyncio.Future[tuple[Job, Transcript | None]] = asyncio.get_running_loop().create_future()

    async def source(self, job: Job) -> SourceFile:
        return DiskFile(self.path)

    def show(self, job: Job) -> None:
        pass

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        self.answer.set_result((job, transcript))


def simulator(name: str) -> Service:
    return simulated(name, 0.2)


async def answered_and_billed_once(sim: Service, thread: Thread) -> tuple[Job, Transcript]:
    """Wait for the answer; it has a transcript, and the service one bill."""
    job, transcript = await asyncio.wait_for(thread.answer, 90)
    assert transcript is not None, job
    assert (len(sim.billed), sim.violations) == (1, [])
    return job, transcript


@asynccontextmanager
async def running(
    sim: Service, tmp_path: Path, sample: str, push: bool, number: str = "", **more: str
) -> AsyncIterator[tuple[Core, Thread]]:
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    if push and not isinstance(sim, InvoxSimulator):
        sim.settings.webhook_url = webhook_address(public, sim.name + number, sim.settings.webhook_secret)
    reachable = push or isinstance(sim, NablaSimulator)
    prefix = f"{sim.name.upper()}_"
    known = {
        **{name.replace(prefix, f"{sim.name.upper()}{number}_"): value for name, value in sim.environment().items()},
        "PROVIDER": sim.name + number,
        "DATABASE_URL": f"sqlite:///{tmp_path}/one.db",
        "PORT": str(port),
        "ADMIN_PORT": "0",
        **({"PUBLIC_URL": public} if reachable else {}),
        **more,
    }
    if not push:
        known.pop("NABLA_WEBHOOK_SECRET", None)
    thread = Thread(SAMPLES / sample)
    async with open_core(settings_for(known), thread) as core:
        origin = Origin("T1", "C1", "1.0", "1.0", "F1", "U1")
        await core.store.add_job(NewJob(origin, DiskFile(thread.path).facts, Options()), core.clock.now())
        core.wakeups.notify_all()
        yield core, thread


@pytest.mark.parametrize(
    "sample",
    [
        "sense_0870.m4a",
        "jfk_video.mp4",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("sense_0890.ogg", "sense_passage.mp3")),
    ],
)
@pytest.mark.parametrize("name", ["xosum", "invox", "nabla"])
async def test_a_file_is_answered_by_webhook_and_billed_once(name: str, sample: str, tmp_path: Path) -> None:
    async with simulator(name) as sim, running(sim, tmp_path, sample, push=True) as (_, thread):
        _, transcript = await answered_and_billed_once(sim, thread)
        assert not transcript.is_empty
        if name != "invox":  # it gives no title, and so few words need none
            assert transcript.title
        if name != "xosum":
            assert transcript.speakers  # Invox Medical tells them in its callback only
        assert any(delivery.status == 200 for delivery in sim.ledger.deliveries)


@pytest.mark.parametrize("name", ["xosum", "invox", "nabla"])
async def test_a_second_account_of_a_service_has_variables_and_a_webhook_of_its_own(name: str, tmp_path: Path) -> None:
    async with (
        simulator(name) as sim,
        running(sim, tmp_path, "sense_0870.m4a", push=True, number="2") as (_, thread),
    ):
        job, transcript = await answered_and_billed_once(sim, thread)
        assert (job.provider, transcript.provider) == (f"{name}2", f"{name}2")
        assert any(delivery.status == 200 for delivery in sim.ledger.deliveries)


@pytest.mark.parametrize("name", ["xosum", "invox", "nabla"])
async def test_doctor_names_the_variables_and_the_title_of_a_second_account(name: str, tmp_path: Path) -> None:
    async with simulator(name) as sim:
        prefix = f"{name.upper()}_"
        known = {key.replace(prefix, f"{name.upper()}2_"): value for key, value in sim.environment().items()}
        known |= {"PROVIDER": f"{name}2", "DATABASE_URL": f"sqlite:///{tmp_path}/one.db"}
        known |= {"XOSUM2_API_KEY": "wrong", "INVOX2_API_KEY": "wrong", "NABLA2_CLIENT_ID": "wrong"}
        async with open_providers(settings_for(known)) as providers:
            title = providers[f"{name}2"].capabilities.title
            assert title.endswith(" 2")
            findings = await providers[f"{name}2"].check()
            assert all(finding.subject.startswith(title) for finding in findings)
            [bad] = [finding for finding in findings if finding.subject == f"{title}: credentials"]
            assert not bad.ok
            assert f"{name.upper()}2_" in bad.remedy


@pytest.mark.slow
@pytest.mark.parametrize("name", ["xosum", "invox", "nabla"])
async def test_a_file_is_answered_by_polling_and_billed_once(name: str, tmp_path: Path) -> None:
    async with (
        simulator(name) as sim,
        running(sim, tmp_path, "sense_0890.ogg", push=False, POLL_MIN_SECONDS="0.5") as (_, thread),
    ):
        await answered_and_billed_once(sim, thread)
        assert sim.ledger.deliveries == []


@pytest.mark.parametrize("name", ["xosum", "invox", "nabla"])
async def test_a_create_of_unknown_fate_leads_to_one_answer_and_one_bill(name: str, tmp_path: Path) -> None:
    async with simulator(name) as sim:
        sim.fault("cut_after", "create")
        if isinstance(sim, NablaSimulator):
            sim.settings.repeated_request = "conflict"  # then only the webhook can tell the job's id
        async with running(sim, tmp_path, "sense_passage.mp3", push=True) as (_, thread):
            await answered_and_billed_once(sim, thread)


async def test_an_expired_upload_url_leads_to_one_answer_and_one_bill(tmp_path: Path) -> None:
    async with simulator("xosum") as sim:
        assert isinstance(sim, XosumSimulator)
        sim.settings.upload_life = 0.0
        async with running(sim, tmp_path, "sense_passage.mp3", push=True) as (_, thread):
            while not sim.ledger.find("upload", status=403):  # noqa: ASYNC110 - the ledger has no event
                await asyncio.sleep(0.01)
            sim.settings.upload_life = 3600.0
            await answered_and_billed_once(sim, thread)
            assert len(sim.jobs) >= 2  # more where a busy machine was late to give addresses that last


@pytest.mark.parametrize("name", ["xosum", "invox", "nabla"])
async def test_a_failed_job_is_answered_with_the_providers_words(name: str, tmp_path: Path) -> None:
    async with simulator(name) as sim:
        sim.plan(outcome="failed", error="Nothing but noise")
        if isinstance(sim, InvoxSimulator):
            sim.settings.callback_on_error = True
        push = not isinstance(sim, XosumSimulator)  # Xosum does not tell failures by webhook
        async with running(sim, tmp_path, "sense_passage.mp3", push=push, POLL_MIN_SECONDS="0.5") as (_, thread):
            job, transcript = await asyncio.wait_for(thread.answer, 90)
            assert transcript is None
            assert job.problem is not None
            assert (job.problem.code, job.problem.params["detail"]) == (
                ProblemCode.PROVIDER_FAILED,
                "Nothing but noise",
            )
