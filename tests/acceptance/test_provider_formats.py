"""Each service, by webhook and by polling: every format that people drop comes back as the right reply, paid once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from simulators.invox import InvoxSettings, InvoxSimulator
from simulators.nabla import NablaSettings, NablaSimulator
from simulators.provider.results import mark_of
from simulators.slack.file_store import Upload
from tests.support.audio.recordings import record
from tests.support.harnesses.bot import Place, Service, fast_xosum, headline, open_place, shown
from tests.support.harnesses.local_engine import SAMPLES, speech

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

BUNDLED = ("sense_0870.m4a", "sense_passage.mp3", "jfk.wav", "sense_0890.ogg", "sense_0880.flac", "sense_0920.webm")
FAST = {"job_seconds": 0.05, "webhook_spacing": (0.2,)}


@dataclass(frozen=True)
class Choice:
    """A service, and how its results come."""

    name: str
    pushes: bool

    def service(self) -> Service:
        match self.name:
            case "xosum":
                return fast_xosum()
            case "invox":
                return InvoxSimulator(InvoxSettings.model_validate(FAST))
            case _:
                return NablaSimulator(NablaSettings.model_validate(FAST))

    def environment(self) -> dict[str, str]:
        """Without the secret of its webhooks a service is polled."""
        secret = {"xosum": "XOSUM_WEBHOOK_SECRET", "invox": "INVOX_APP_SECRET", "nabla": "NABLA_WEBHOOK_SECRET"}
        return {} if self.pushes else {secret[self.name]: ""}


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[
        *(Choice(name, pushes=True) for name in ("xosum", "invox", "nabla")),
        Choice("invox", pushes=False),
        *(pytest.param(Choice(name, pushes=False), marks=pytest.mark.slow) for name in ("xosum", "nabla")),
    ],
    ids=lambda way: f"{way.name} {'pushed' if way.pushes else 'polled'}",
)
async def answered_by(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Choice, Place]]:
    way: Choice = request.param
    service = way.service()
    async with open_place(tmp_path_factory.mktemp(way.name), service, more=way.environment()) as place:
        if not way.pushes and not isinstance(service, InvoxSimulator):
            service.settings.webhook_url = ""
        await place.start()
        yield way, place


async def test_every_format_comes_back_as_its_own_reply_and_is_paid_for_once(
    answered_by: tuple[Choice, Place], tmp_path: Path
) -> None:
    way, place = answered_by
    service = place.service
    assert service is not None
    video = record(tmp_path / "ward.mp4", speech("sense_0920.webm"), "aac", "mp4", video=True)
    files = [*(SAMPLES / name for name in BUNDLED), video]
    messages = [await place.upload(Upload(file.name, file)) for file in files]

    said = {}
    for file, message in zip(files, messages, strict=True):
        (reply,) = await place.answered(message, timeout=90.0)
        assert headline(reply), shown(reply)
        await place.settled(message, "done")
        said[file.name] = shown(reply)

    assert len(service.billed) == len(files)
    marks = [mark_of(paid.sha256) for paid in service.billed]
    assert [sum(mark in text for text in said.values()) for mark in marks] == [1] * len(files)
    pushed = [each for each in service.ledger.deliveries if each.status == 200]
    assert bool(pushed) == way.pushes
