"""What the doctor says of a Nabla account."""

import pytest

from bot.http import Http
from bot.providers.nabla.provider import NablaProvider
from simulators.nabla import NablaSimulator
from tests.providers.nabla.jobs import Build
from tests.providers.peers import StillClock
from tests.support.providers import account


async def test_the_doctor_exchanges_an_assertion_and_nothing_else(sim: NablaSimulator, nabla: NablaProvider) -> None:
    findings = {finding.subject: finding for finding in await nabla.check()}
    assert findings["Nabla: credentials"].ok
    assert findings["Nabla: audio address"].ok
    assert [record.operation for record in sim.ledger.requests] == ["token"]
    assert sim.violations == []


@pytest.mark.parametrize(
    "wrong", [{"NABLA_CLIENT_ID": "other"}, {"NABLA_PRIVATE_KEY": "hush-key"}, {"NABLA_PRIVATE_KEY": "public"}]
)
async def test_the_doctor_names_what_to_change(build: Build, keys: tuple[str, str], wrong: dict[str, str]) -> None:
    given = {name: keys[1] if value == "public" else value for name, value in wrong.items()}
    [bad, *_] = await build(**given).check()
    assert (bad.ok, bad.subject) == (False, "Nabla: credentials")
    assert "NABLA_PRIVATE_KEY" in bad.remedy
    assert "hush" not in bad.detail


async def test_the_doctor_asks_for_a_public_address(http: Http, clock: StillClock, keys: tuple[str, str]) -> None:
    for public in ({}, {"PUBLIC_URL": "http://scribe.example.org"}):
        known = {"NABLA_CLIENT_ID": "x", "NABLA_PRIVATE_KEY": keys[0], "NABLA_BASE_URL": "https://127.0.0.1:1"}
        findings = await account("nabla", {**known, **public}, http, clock).check()
        [audio] = [finding for finding in findings if finding.subject == "Nabla: audio address"]
        assert not audio.ok
        assert "PUBLIC_URL" in audio.remedy
