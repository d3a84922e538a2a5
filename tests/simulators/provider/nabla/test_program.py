"""The Nabla simulator as a program."""

import asyncio
import json
import sys

import httpx
import jwt

from tests.simulators.provider.nabla.client import ASSERTION_TYPE


async def test_the_program_prints_one_line_with_a_key_that_works() -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators.nabla"), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    line = json.loads(await asyncio.wait_for(program.stdout.readline(), 60))
    environment = line["environment"]
    async with httpx.AsyncClient() as http:
        state = (await http.get(f"{line['url']}/control/state")).json()
        url = f"{environment['NABLA_BASE_URL']}/oauth/token"
        now, client = int(state["time"]), environment["NABLA_CLIENT_ID"]
        claims = {"iss": client, "sub": client, "aud": url, "iat": now, "exp": now + 60, "jti": "1"}
        body = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": jwt.encode(claims, environment["NABLA_PRIVATE_KEY"], algorithm="RS256"),
        }
        assert (await http.post(url, json=body)).status_code == 200
    program.terminate()
    assert await asyncio.wait_for(program.wait(), 60) == 0
