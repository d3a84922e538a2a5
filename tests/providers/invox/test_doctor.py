"""What the doctor says of an Invox Medical account."""

from bot.providers.invox.provider import InvoxProvider
from simulators.invox import InvoxSimulator
from tests.providers.invox.jobs import Build


async def test_the_doctor_fetches_a_token_and_nothing_else(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    findings = {finding.subject: finding for finding in await invox.check()}
    assert findings["Invox Medical: credentials"].ok
    assert [record.operation for record in sim.ledger.requests] == ["token"]
    assert sim.violations == []


async def test_the_doctor_names_what_to_change(build: Build) -> None:
    [bad, *_] = await build(INVOX_API_KEY="wrong").check()
    assert (bad.ok, bad.subject) == (False, "Invox Medical: credentials")
    assert "INVOX_API_KEY" in bad.remedy
    [away, *_] = await build(INVOX_BASE_URL="http://127.0.0.1:1").check()
    assert (away.ok, away.subject) == (False, "Invox Medical: connection")
