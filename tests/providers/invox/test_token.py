"""How the Invox Medical provider gets, keeps and renews its token."""

import pytest

from bot.domain.errors import Misconfigured, Transient
from bot.ports.provider import Succeeded
from bot.providers.invox.provider import InvoxProvider
from simulators.invox import InvoxSimulator
from simulators.provider.faults import Kind
from tests.providers.invox.jobs import Build, finished, hand_over
from tests.providers.peers import REF, Meter, StillClock, an_order


async def test_one_token_serves_until_five_minutes_before_its_end(
    sim: InvoxSimulator, invox: InvoxProvider, clock: StillClock, meter: Meter
) -> None:
    remote = await hand_over(invox)
    clock.advance(6899)
    await invox.poll(remote, REF)
    assert sim.ledger.count("token") == 1
    clock.advance(2)
    await invox.poll(remote, REF)
    assert sim.ledger.count("token") == 2
    assert meter.spent == sum(sim.ledger.per_minute().values())
    assert sim.violations == []


@pytest.mark.parametrize("token_field", ["accessToken", "access_token", "token"])
@pytest.mark.parametrize(("life_field", "life"), [("expiresIn", 600), ("expires_in", 600), (None, 7200)])
async def test_the_token_answer_is_read_under_any_name(
    sim: InvoxSimulator, invox: InvoxProvider, clock: StillClock, token_field: str, life_field: str | None, life: int
) -> None:
    sim.settings.token_field = token_field  # type: ignore[assignment]  # one of the literals
    sim.settings.life_field = life_field  # type: ignore[assignment]  # one of the literals
    sim.settings.token_life = life
    remote = await hand_over(invox)
    clock.advance(life - 301)
    await invox.poll(remote, REF)
    assert sim.ledger.count("token") == 1
    clock.advance(2)
    await invox.poll(remote, REF)
    assert sim.ledger.count("token") == 2


async def test_a_token_that_is_revoked_in_mid_job_is_renewed_once(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await finished(invox, sim)
    sim.revoke_tokens()
    assert isinstance(await invox.poll(remote, REF), Succeeded)
    assert (sim.ledger.count("token"), sim.ledger.count("read", status=401)) == (2, 1)
    sim.revoke_tokens()
    await invox.create(an_order())
    assert sim.ledger.count("create", status=401) == 1


async def test_a_fresh_token_that_is_refused_too_is_for_the_operator(sim: InvoxSimulator, invox: InvoxProvider) -> None:
    remote = await finished(invox, sim)
    sim.fault("unauthorized", "read", times=2)
    with pytest.raises(Misconfigured) as caught:
        await invox.poll(remote, REF)
    assert caught.value.account == "invox"
    assert sim.ledger.count("read") == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"INVOX_API_KEY": "wrong"},
        {"INVOX_TOKEN_PATH": "/nowhere"},
        {"INVOX_TOKEN_SCHEME": "Bearer"},
        {"INVOX_TOKEN_METHOD": "GET"},
        {"INVOX_TOKEN_BODY": "x"},
    ],
)
async def test_wrong_credentials_are_for_the_operator_and_not_quoted(build: Build, wrong: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="INVOX_") as caught:
        await build(**wrong).create(an_order())
    assert caught.value.account == "invox"
    assert "key-456" not in caught.value.detail


@pytest.mark.parametrize("kind", ["server_error", "cut_before", "cut_after", "html"])
async def test_a_token_service_that_stumbles_passes_by_itself(
    sim: InvoxSimulator, invox: InvoxProvider, kind: Kind
) -> None:
    sim.fault(kind, "token", times=3)
    with pytest.raises(Transient):
        await invox.create(an_order())
    sim.faults.clear()
    assert (await invox.create(an_order())).upload_url
