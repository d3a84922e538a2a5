"""`make slack-stand-in`: installs the app by OAuth from a Slack that nobody here wrote (`emulate`, from npm).

Needs Node.js 20 and npm, so it is no part of `make test`. Only the installation is tried.
"""

import asyncio
import base64
import html
import json
import re
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp

from storage import open_store
from tests.support.machine.bot_process import Bot
from tests.support.machine.processes import free_port

PACKAGE = "emulate@0.7.0"  # 0.12.2 does not run on Node.js 20
CLIENT, SECRET = "12345.67890", "secret-of-the-app"
KEY = bytes(range(32))
START_SECONDS = 60.0
_FIELD = re.compile(r'<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"')


async def stand_in(stack: AsyncExitStack, directory: Path, redirect: str) -> str:
    """Install and start it; its address."""
    npm = await asyncio.create_subprocess_exec("npm", "install", "--silent", "--no-save", PACKAGE, cwd=directory)
    if await npm.wait():
        raise SystemExit("npm cannot install the stand-in.")
    app = {"client_id": CLIENT, "client_secret": SECRET, "name": "Threadscribe", "redirect_uris": [redirect]}
    (directory / "seed.json").write_text(json.dumps({"slack": {"oauth_apps": [app]}}), encoding="utf-8")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *("node", "node_modules/emulate/dist/index.js", "start", "--service", "slack", "--port", str(port)),
        *("--seed", "seed.json"),
        cwd=directory,
        stdout=asyncio.subprocess.DEVNULL,
    )

    async def stop() -> None:
        process.kill()
        await process.wait()

    stack.push_async_callback(stop)
    return f"http://127.0.0.1:{port}"


async def installs(browser: aiohttp.ClientSession, address: str) -> tuple[int, str, str]:
    """Install as a person does; status and text of the last page, and its address."""
    begun = await browser.get(f"{address}/slack/install", allow_redirects=False)
    assert begun.status == 302, await begun.text()
    page = await (await browser.get(begun.headers["Location"])).text()
    form = {html.unescape(name): html.unescape(value) for name, value in _FIELD.findall(page)}
    parts = urlsplit(begun.headers["Location"])
    agreed = await browser.post(
        f"{parts.scheme}://{parts.netloc}/oauth/v2/authorize/callback", data=form, allow_redirects=False
    )
    assert agreed.status == 302, await agreed.text()
    back = agreed.headers["Location"]
    assert parse_qs(urlsplit(back).query)["state"] == parse_qs(parts.query)["state"]
    done = await browser.get(back, allow_redirects=False)
    return done.status, await done.text(), back


async def main() -> int:
    """Print what was seen; an assertion fails otherwise."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        slack = await stand_in(stack, directory, f"{address}/slack/oauth_redirect")
        database = f"sqlite:///{directory}/jobs.db"
        environment = {
            "SLACK_API_URL": f"{slack}/api/",
            "SLACK_CLIENT_ID": CLIENT,
            "SLACK_CLIENT_SECRET": SECRET,
            "SLACK_SIGNING_SECRET": "signing-secret",
            "STORAGE_KEY": base64.b64encode(KEY).decode(),
            "DATABASE_URL": database,
            "PUBLIC_URL": address,
            "PORT": str(port),
            "LOCAL_MODEL": "/nowhere",  # its self-test would take longer than all the rest
        }
        bot = await Bot.start(directory, environment, "serve")
        stack.push_async_callback(bot.close)
        await bot.ready()
        cookies = aiohttp.CookieJar(unsafe=True)
        browser = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=cookies))
        async with asyncio.timeout(START_SECONDS):
            status, text, back = await installs(browser, address)
        assert status == 200, (text, bot.lines[-5:])
        assert "Installed in" in text
        again = await browser.get(back, allow_redirects=False)
        assert again.status == 400, "a state is good once"
        store = await open_store(database, KEY, exclusive=False)
        (found,) = await store.installations()
        await store.close()
        assert found.active
        assert found.bot_token.startswith("xoxb-")
        print(f"Installed in {found.name} ({found.id}) as {found.bot_user_id}, scopes: {', '.join(found.scopes)}.")
        return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
