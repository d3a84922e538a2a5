"""`doctor`: checks what the bot needs, one line each, and says what to change."""

import asyncio
import json
import os
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import typer
import yaml
from aiohttp import web
from rich.console import Console

from bot.app import open_providers
from bot.clock import SystemClock
from bot.configuration import serve_faults
from bot.domain.errors import Misconfigured, Rejected, StepError, StoreError
from bot.http import Http, http_date
from bot.network import network_of
from bot.ports.provider import Finding
from bot.settings import Settings
from bot.slack.api.client import open_client
from bot.slack.api.identity import identify, socket_mode_is_on
from bot.subprocesses.confinement import missing
from storage import open_store
from storage.engines.address import sqlite_file

MANIFEST = Path(__file__).parent.parent.parent / "manifest.yml"
SKEW_SECONDS = 60.0
_TURN_ON = "Turn on Socket Mode in the app's settings at api.slack.com/apps (Settings, Socket Mode)."
_MAKE_ANEW = "Make a new app-level token under Basic Information, with the scope connections:write."
_REMEDIES = {  # by Slack's name for the reason
    "missing_scope": "Make an app-level token with the scope connections:write: this one does not have it.",
    "not_allowed_token_type": "SLACK_APP_TOKEN takes the app-level token (xapp-…, Basic Information), not another one.",
    "invalid_auth": "Copy the app-level token again (xapp-…, under Basic Information, App-Level Tokens).",
    "socket_mode": _TURN_ON,
}


def run_doctor(settings: Settings, as_json: bool) -> int:
    """Print the findings; 0 when all is well, 1 when something must be changed."""
    findings = asyncio.run(_examine(settings))
    if as_json:
        rows = [{"ok": f.ok, "subject": f.subject, "detail": f.detail, "remedy": f.remedy} for f in findings]
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        console = Console(highlight=False)
        for finding in findings:
            mark = "[green]ok [/green]" if finding.ok else "[red]BAD[/red]"
            console.print(f"{mark} ", end="")
            console.print(f"{finding.subject}: {finding.detail}", markup=False, soft_wrap=True)
            if not finding.ok and finding.remedy:
                console.print(f"    -> {finding.remedy}", markup=False, soft_wrap=True)
        bad = sum(not f.ok for f in findings)
        console.print("All is well." if not bad else f"{bad} to mend.", markup=False)
    return 0 if all(f.ok for f in findings) else 1


async def _examine(settings: Settings) -> list[Finding]:
    findings = [Finding(False, "Settings", fault) for fault in serve_faults(settings)]
    if not findings:
        findings.append(Finding(True, "Settings", f"complete; default provider {settings.provider}"))
    findings.append(_confinement())
    findings += await _database(settings)
    findings += await _slack(settings)
    findings += await _socket_mode(settings)
    findings += await _providers(settings)
    if settings.public_url:
        findings.append(await _public_url(settings))
    return findings


def _confinement() -> Finding:
    """Whether decoders and the speech engine can be confined here; the bot works without it, less safely."""
    lacking = missing()
    detail = f"run without {', '.join(lacking)}" if lacking else "see their own files only, and no network"
    return Finding(True, "Child processes", detail)


async def _database(settings: Settings) -> list[Finding]:
    scheme = settings.database_url.partition(":")[0]
    try:
        file = sqlite_file(settings.database_url)
        if file is not None and not file.exists() and _can_be_made(file):
            return [Finding(True, "Database", f"{file} will be made at the first start")]
        store = await open_store(
            settings.database_url, settings.sealing_key, exclusive=False, old_keys=settings.old_keys
        )
    except StoreError as error:
        return [Finding(False, "Database", str(error), "Mend DATABASE_URL, or the rights of its directory.")]
    try:
        await store.ping()
    except StoreError as error:
        return [Finding(False, "Database", str(error), "Free disk space, or mend the rights of the file.")]
    finally:
        await store.close()
    sealed = "sealed with STORAGE_KEY" if settings.sealing_key else "not sealed (set STORAGE_KEY to seal it)"
    return [Finding(True, "Database", f"{scheme} can be read and written; content is {sealed}")]


def _can_be_made(file: Path) -> bool:
    """Whether SQLite could make this file: it, its journal and its lock lie in one directory."""
    return file.parent.is_dir() and os.access(file.parent, os.W_OK | os.X_OK)


async def _slack(settings: Settings) -> list[Finding]:
    if not settings.slack_bot_token.get_secret_value():
        return []
    try:
        async with open_client(settings, SystemClock()) as client:
            me = await identify(client)
    except Misconfigured as error:
        remedy = "Install the app anew (manifest.yml) and copy its Bot User OAuth Token."
        return [Finding(False, "Slack", error.detail, remedy)]
    except StepError as error:
        return [Finding(False, "Slack", error.detail, "Check the network, and SLACK_API_URL if you set it.")]
    findings = [Finding(True, "Slack", f"signed in to workspace {me.team_id} as bot user {me.bot_user_id}")]
    wanted = manifest_scopes()
    missing = sorted(wanted - me.scopes)
    extra = sorted(me.scopes - wanted)
    if missing:
        remedy = "Add them under OAuth & Permissions (or paste manifest.yml again) and reinstall the app."
        findings.append(Finding(False, "Slack scopes", f"missing: {', '.join(missing)}", remedy))
    else:
        also = f"; not needed: {', '.join(extra)}" if extra else ""
        findings.append(Finding(True, "Slack scopes", f"all {len(wanted)} are there{also}"))
    return findings


async def _socket_mode(settings: Settings) -> list[Finding]:
    """Ask for the address of a WebSocket, as a connection begins: it tells whether the app token does."""
    token = settings.slack_app_token.get_secret_value()
    if not token:
        return []
    subject = "Socket Mode"
    try:
        async with open_client(settings, SystemClock()) as client:
            on = await socket_mode_is_on(client, token)
    except (Misconfigured, Rejected) as error:
        code = error.detail.partition(": ")[2]
        remedy = next((text for name, text in _REMEDIES.items() if name in code), _MAKE_ANEW)
        return [Finding(False, subject, f"Slack refuses SLACK_APP_TOKEN: {code}", remedy)]
    except StepError as error:
        return [Finding(False, subject, error.detail, "Check the network, and SLACK_API_URL if you set it.")]
    if not on:
        return [Finding(False, subject, "it is off, so no event would come", _TURN_ON)]
    return [Finding(True, subject, "it is on, and Slack takes SLACK_APP_TOKEN")]


def manifest_scopes() -> frozenset[str]:
    """The bot scopes that manifest.yml asks for."""
    document: object = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    for key in ("oauth_config", "scopes", "bot"):
        document = document.get(key) if isinstance(document, dict) else None
    return frozenset(str(scope) for scope in document) if isinstance(document, list) else frozenset()


async def _providers(settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="threadscribe-") as directory:
        scratch = settings.model_copy(update={"database_url": f"sqlite:///{directory}/doctor.db", "spool_dir": ""})
        async with open_providers(scratch) as providers:
            for provider in providers.values():
                try:
                    findings += await provider.check()
                except StepError as error:
                    title = provider.capabilities.title
                    findings.append(Finding(False, title, error.detail, "Check its settings: README, Settings."))
    return findings


async def _public_url(settings: Settings) -> Finding:
    """Call ourselves through PUBLIC_URL: the running bot, or a stand-in on the same port."""
    address, subject = settings.public_url, "PUBLIC_URL"
    remedy = f"Make {address} lead to {settings.host}:{settings.port} of this machine (tunnel, proxy, firewall)."
    async with _listening(settings) as word:
        http = Http(SystemClock(), network_of(settings))
        try:
            answer = await http.call("public", "GET", f"{address}/healthz")
        except StepError as error:
            return Finding(False, subject, f"{address} cannot be reached: {error.detail}", remedy)
        finally:
            await http.aclose()
    if not answer.ok or (word and word.encode() not in answer.body):
        return Finding(False, subject, f"{address} answers, but it is not this bot (status {answer.status})", remedy)
    if not address.startswith("https://"):
        return Finding(False, subject, f"{address} is not https", "Recordings and results must travel encrypted.")
    sent = http_date(answer.headers.get("date", ""))
    if sent is not None and abs(sent - SystemClock().now()) > SKEW_SECONDS:
        return Finding(False, "Clock", "this machine's clock is off by more than a minute", "Turn time sync on.")
    return Finding(True, subject, f"{address} leads to this bot")


@asynccontextmanager
async def _listening(settings: Settings) -> AsyncIterator[str]:
    """Answer /healthz with a word nobody else knows; an empty word when the bot itself holds the port."""
    word = secrets.token_hex(8)

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "word": word})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        with suppress(OSError):
            await web.TCPSite(runner, settings.host, settings.port).start()
        yield word if runner.addresses else ""
    finally:
        await runner.cleanup()
