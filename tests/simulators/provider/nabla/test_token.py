"""Which assertions and bearers the Nabla simulator takes."""

from typing import Any

import jwt
import pytest

from simulators.nabla import NablaSimulator
from simulators.nabla.assertion import key_pair
from simulators.provider.faults import Kind
from tests.simulators.provider.nabla.client import VERSION, Client
from tests.simulators.provider.peers import MovableClock, kinds


async def test_a_token_has_its_set_life(nabla: NablaSimulator, client: Client, clock: MovableClock) -> None:
    nabla.settings.token_life = 120.0
    answer = (await client.token()).json()
    assert answer["expires_in"] == 120
    assert answer["access_token"].count(".") == 2
    client.headers["Authorization"] = f"Bearer {answer['access_token']}"
    clock.advance(119)
    assert (await client.create()).status_code == 200
    clock.advance(1)
    assert (await client.create()).status_code == 401
    assert nabla.violations == []


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"aud": "https://us.api.nabla.com/v1/core/server/oauth/token"}, "assertion-audience"),
        ({"aud": None}, "assertion-audience"),
        ({"sub": "somebody"}, "assertion-subject"),
        ({"iss": "other", "sub": "other"}, None),
        ({"jti": None}, "assertion-without-jti"),
        ({"jti": 5}, "assertion-without-jti"),
        ({"iat": None}, "assertion-times"),
        ({"exp": None}, "assertion-times"),
        ({"exp": 1_750_000_301}, "assertion-life"),
        ({"iat": 1_749_999_900, "exp": 1_750_000_000}, None),
        ({"iat": 1_750_000_100, "exp": 1_750_000_160}, None),
    ],
)
async def test_an_assertion_that_is_not_in_order_is_refused(
    nabla: NablaSimulator, client: Client, changed: Any, kind: Kind
) -> None:
    refused = await client.token(**changed)
    assert refused.status_code == 401
    assert refused.json()["name"] == "INVALID_CLIENT_ASSERTION"
    assert kinds(nabla) == ([kind] if kind else [])


async def test_the_longest_assertion_passes_and_jti_can_be_made_optional(nabla: NablaSimulator, client: Client) -> None:
    assert (await client.token(exp=1_750_000_300)).status_code == 200
    nabla.settings.require_jti = False
    assert (await client.token(jti=None)).status_code == 200


async def test_an_assertion_is_good_once(nabla: NablaSimulator, client: Client) -> None:
    assertion = jwt.encode(client.claims(), nabla.private_key, algorithm="RS256")
    assert [(await client.present(assertion)).status_code for _ in range(2)] == [200, 401]
    assert kinds(nabla) == ["assertion-reused"]


async def test_a_wrong_key_algorithm_grant_or_text_is_refused(nabla: NablaSimulator, client: Client, keys: Any) -> None:
    stranger = jwt.encode(client.claims(), key_pair()[0], algorithm="RS256")
    assert (await client.present(stranger)).status_code == 401
    assert kinds(nabla) == []  # an operator's mistake, not a breach
    shared = jwt.encode(client.claims(), "a shared secret that is long enough for it", algorithm="HS256")
    assert (await client.present(shared)).status_code == 401
    assert (await client.present(jwt.encode(client.claims(), keys[0], algorithm="RS512"))).status_code == 401
    assert (await client.present("not a jwt")).status_code == 401
    good = jwt.encode(client.claims(), keys[0], algorithm="RS256")
    assert (await client.present(good, grant_type="password")).status_code == 400
    assert (await client.present(good, scope="all")).status_code == 400
    assert kinds(nabla) == [
        *("assertion-algorithm", "assertion-algorithm", "assertion-not-a-jwt", "bad-grant", "unknown-field"),
    ]


async def test_a_provider_with_a_skewed_clock_refuses_a_young_assertion(nabla: NablaSimulator, client: Client) -> None:
    nabla.clock.skew = 61.0
    assert (await client.token()).status_code == 401
    nabla.clock.skew = -61.0
    assert (await client.token()).status_code == 401
    nabla.clock.skew = -59.0
    assert (await client.token()).status_code == 200
    assert nabla.violations == []


async def test_missing_invented_and_revoked_bearers_get_401(nabla: NablaSimulator, client: Client) -> None:
    good = client.headers["Authorization"]
    del client.headers["Authorization"]
    assert (await client.create()).status_code == 401
    client.headers["Authorization"] = "Bearer invented"
    assert (await client.create()).status_code == 401
    client.headers["Authorization"] = good
    nabla.revoke_tokens()
    assert (await client.create()).status_code == 401
    assert kinds(nabla) == ["missing-bearer", "unknown-bearer"]


async def test_a_missing_permission_is_403(nabla: NablaSimulator, client: Client) -> None:
    nabla.settings.permissions = frozenset({"create"})
    assert (await client.create()).status_code == 200
    assert (await client.read("x")).status_code == 403
    assert (await client.note()).status_code == 403


async def test_the_old_base_takes_the_api_key_and_speaks_in_lower_case(
    nabla: NablaSimulator, client: Client, clock: MovableClock
) -> None:
    client.base = f"{nabla.url}/v1/copilot-api/server"
    client.headers = {VERSION: "2024-04-22", "Authorization": "Bearer nabla-server-key"}
    request = await client.fetched()
    assert (await client.read(request)).json()["status"] == "ongoing"
    clock.advance(9)
    done = (await client.read(request)).json()
    assert done["status"] == "succeeded"
    first = done["payload"]["transcript"][0]
    assert first.keys() == {"text", "speaker", "start_time_ms", "end_time_ms"}
    assert first["speaker"] == "doctor"
    client.headers["Authorization"] = "Bearer wrong"
    assert (await client.create()).status_code == 401
