"""A small recording, and the download of a file as the app does it."""

import aiohttp

from simulators.slack import SlackSimulator

RIFF = b"RIFF" + bytes(60)


async def download(slack: SlackSimulator, http: aiohttp.ClientSession, file_id: str) -> tuple[int, bytes]:
    url = f"{slack.url}/files-pri/{slack.options.team_id}-{file_id}/download/a.wav"
    async with http.get(url, headers={"Authorization": f"Bearer {slack.bot_token}"}) as answer:
        return answer.status, await answer.read()
