"""What the doctor says of a Xosum account."""

from collections.abc import Callable

from bot.providers.xosum.provider import XosumProvider
from simulators.xosum import XosumSimulator


async def test_the_doctor_is_content_with_a_good_key(sim: XosumSimulator, xosum: XosumProvider) -> None:
    findings = {finding.subject: finding for finding in await xosum.check()}
    assert findings["Xosum: credentials"].ok
    assert findings["Xosum: connection"].ok
    assert sim.billed == []
    assert sim.jobs == {}


async def test_the_doctor_tells_a_bad_key_from_an_unreachable_service(
    sim: XosumSimulator, build: Callable[..., XosumProvider]
) -> None:
    [bad, *_] = await build(XOSUM_API_KEY="wrong").check()
    assert (bad.ok, bad.subject) == (False, "Xosum: credentials")
    assert "XOSUM_API_KEY" in bad.remedy
    [away, *_] = await build(XOSUM_BASE_URL="http://127.0.0.1:1").check()
    assert (away.ok, away.subject) == (False, "Xosum: connection")


async def test_the_doctor_sees_a_clock_that_is_wrong(sim: XosumSimulator, xosum: XosumProvider) -> None:
    findings = {finding.subject: finding for finding in await xosum.check()}
    assert not findings["Xosum: clock"].ok  # the still clock of these tests is months behind the server's Date
    assert "behind" in findings["Xosum: clock"].detail
