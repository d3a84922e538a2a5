"""The control API of the Xosum simulator, and the simulator as a program."""

import asyncio
import json
import sys
from typing import Any

import httpx

from simulators.xosum import XosumSimulator
from tests.simulators.provider.peers import Receiver
from tests.simulators.provider.xosum.client import Client


async def test_the_control_api_tells_and_changes_everything_and_is_not_recorded(
    xosum: XosumSimulator, client: Client, receiver: Receiver
) -> None:
    async def control(method: str, path: str, body: Any = None) -> Any:
        answer = await client.http.request(method, f"{xosum.url}/control/{path}", json=body)
        return answer.status_code, answer.json()

    assert (await control("POST", "settings", {"create_status": 201, "job_seconds": 5}))[0] == 200
    assert (await control("GET", "settings"))[1]["create_status"] == 201
    assert (await control("POST", "settings", {"no_such": 1}))[0] == 400
    assert (await control("POST", "plans", {"webhook": "never"}))[0] == 200
    made = await client.create()
    assert made.status_code == 201
    doc = made.json()["docId"]
    await client.put(made.json()["uploadUrl"])
    assert (await control("POST", f"jobs/{doc}/finish"))[0] == 200
    assert (await control("POST", "jobs/unknown/finish"))[0] == 404
    assert (await control("POST", "webhooks", {"job": doc, "variant": "forged"}))[1]["status"] == 200
    assert (await control("POST", "faults", {"kind": "html", "operation": "read"}))[0] == 200
    assert (await control("POST", "settle"))[0] == 200
    state = (await control("GET", "state"))[1]
    assert state["jobs"][doc]["finished"] is True
    assert [entry["job"] for entry in state["billed"]] == [doc]
    assert len(state["faults"]) == 1
    assert state["deliveries"][0]["variant"] == "forged"
    assert (await control("DELETE", "faults"))[0] == 200
    requests = (await control("GET", "requests?operation=create&status=201"))[1]["requests"]
    assert [record["job"] for record in requests] == [doc]
    assert requests[0]["headers"]["Authorization"] == "Bearer ***"
    assert len(xosum.ledger.requests) == 2
    assert (await control("POST", f"jobs/{doc}/expire"))[0] == 200
    assert (await client.put(made.json()["uploadUrl"])).status_code == 403
    assert (await control("POST", f"jobs/{doc}/forget"))[0] == 200
    assert (await client.read(doc)).status_code == 404
    assert (await control("POST", "revoke"))[0] == 200
    before = (await control("GET", "state"))[1]["time"]
    assert (await control("POST", "clock", {"advance": 60}))[1]["time"] == before + 60
    assert (await control("DELETE", "ledger"))[0] == 200
    assert xosum.ledger.requests == []
    assert (await control("POST", "reset"))[0] == 200
    assert xosum.jobs == {}


async def test_the_program_prints_one_line_with_its_address_and_the_bots_settings() -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators.xosum", "--settings", '{"api_key": "mine"}'), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    line = json.loads(await asyncio.wait_for(program.stdout.readline(), 60))
    assert line["environment"]["XOSUM_API_KEY"] == "mine"
    async with httpx.AsyncClient() as http:
        state = await http.get(f"{line['url']}/control/state")
        assert state.json()["name"] == "xosum"
    program.terminate()
    assert await asyncio.wait_for(program.wait(), 60) == 0
