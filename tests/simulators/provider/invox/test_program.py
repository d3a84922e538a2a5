"""The Invox Medical simulator as a program."""

import asyncio
import json
import sys

import httpx


async def test_the_program_prints_one_line_with_its_address_and_the_bots_settings() -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators.invox"), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    line = json.loads(await asyncio.wait_for(program.stdout.readline(), 60))
    assert line["environment"]["INVOX_BASE_URL"] == line["url"]
    async with httpx.AsyncClient() as http:
        changed = await http.post(f"{line['url']}/control/settings", json={"signature_format": "B"})
        assert changed.json()["signature_format"] == "B"
    program.terminate()
    assert await asyncio.wait_for(program.wait(), 60) == 0
