"""The simulated OpenAI-compatible server as a program."""

import asyncio
import json
import sys

import httpx


async def test_it_runs_as_a_program_and_says_how_to_reach_it() -> None:
    command = (sys.executable, "-m", "simulators.openai", "--settings", json.dumps({"dialect": "groq"}))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    line = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    environment = line["environment"]
    async with httpx.AsyncClient() as http:
        headers = {"Authorization": f"Bearer {environment['OPENAI_API_KEY']}"}
        answer = await http.get(f"{environment['OPENAI_BASE_URL']}/models", headers=headers)
    assert answer.status_code == 200
    process.terminate()
    assert await process.wait() == 0
