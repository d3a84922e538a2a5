"""`doctor`: checks what the bot needs, one line each, and says what to change."""

import asyncio
import errno
import json
import os
import secrets
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import typer
from aiohttp import web
from rich.console import Console

from bot.app import open_providers, work_directory
from bot.blobs import blob_faults, blobs_for
from bot.cli.checks.slack import app_token, bot_token
from bot.cli.common import store_of
from bot.cli.serve import why
from bot.cli.workspaces import installation_findings
from bot.clock import SystemClock
from bot.configuration import no_env_file, serve_faults, unknown_variables
from bot.domain.errors import StepError, StoreError
from bot.domain.job import SLACK_LANE
from bot.http import Http, http_date
from bot.network import network_of
from bot.ports.provider import Finding
from bot.providers.findings import bucket_findings
from bot.settings import Settings
from bot.subprocesses.confinement import missing
from storage.engines.address import sqlite_file

SKEW_SECONDS = 60.0


def run_doctor(settings: Settings, as_json: bool) -> int:
    """Print the findings; 0 when all is well, 1 when something must be changed."""
    findings = asyncio.run(_examine(settings))
    if as_json:
        rows = [
            {"ok": f.ok, "subject": f.subject, "detail": f.detail, "remedy": f.remedy, "hint": f.hint} for f in findings
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        console = Console(highlight=False)
        for finding in findings:
            console.print(f"{mark_of(finding)} ", end="")
            console.print(f"{finding.subject}: {finding.detail}", markup=False, soft_wrap=True)
            if not finding.ok and finding.remedy:
                console.print(f"    -> {finding.remedy}", markup=False, soft_wrap=True)
        bad = sum(not f.ok for f in findings)
        problems = f"{bad} problem{'' if bad == 1 else 's'} found."
        console.print(problems if bad else "No problems found.", markup=False)
    return 0 if all(f.ok for f in findings) else 1


def mark_of(finding: Finding) -> str:
    """What stands before a line: `ok`, `see` for a hint, or `BAD`, in three columns and in rich's markup."""
    if not finding.ok:
        return "[red]BAD[/red]"
    return "[yellow]see[/yellow]" if finding.hint else "[green]ok [/green]"


async def _examine(settings: Settings) -> list[Finding]:
    findings = [Finding(False, "Settings", fault) for fault in serve_faults(settings)]
    if not findings:
        findings.append(Finding(True, "Settings", f"complete; default provider {settings.provider}"))
    hints = [*unknown_variables(), *no_env_file(settings), *_readable_by_others()]
    findings += [Finding(True, "Settings", hint, hint=True) for hint in hints]
    findings.append(_confinement())
    findings.append(_directory(settings))
    findings += await _database(settings)
    if not blob_faults(settings) and (blobs := blobs_for(settings, network_of(settings), "local")):
        findings += await bucket_findings(blobs.check)
    findings += await _installations(settings) if settings.several_workspaces else await bot_token(settings)
    findings += await app_token(settings)
    findings += await _providers(settings)
    findings.append(await _port("Port", "PORT", settings.host, settings.port))
    findings.append(await _port("Operator's port", "ADMIN_PORT", settings.admin_host, settings.admin_port))
    if settings.public_url:
        findings.append(await _public_url(settings))
    return findings


def _readable_by_others() -> list[str]:
    path = Path(".env")
    if path.is_file() and path.stat().st_mode & 0o077:
        return [f"{path} can be read by other users of this machine: chmod 600 {path}"]
    return []


def _confinement() -> Finding:
    """Whether decoders and the speech engine can be confined here; the bot works without it, less safely."""
    lacking = missing()
    detail = f"run without {', '.join(lacking)}" if lacking else "see their own files only, and no network"
    return Finding(True, "Child processes", detail)


async def _database(settings: Settings) -> list[Finding]:
    scheme = settings.database_url.partition(":")[0]
    try:
        file = sqlite_file(settings.database_url)
        if file is not None and _will_be_made(file):
            return [Finding(True, "Database", f"{file} will be made at the first start")]
        async with store_of(settings) as store:
            try:
                await store.ping()
                orphans = await store.jobs_of_unknown_lanes((SLACK_LANE, *settings.providers))
            except StoreError as error:
                return [Finding(False, "Database", str(error), "Free disk space, or make the file writable.")]
    except StoreError as error:
        return [Finding(False, "Database", str(error), _database_remedy(str(error)))]
    sealed = "sealed with STORAGE_KEY" if settings.sealing_key else "not sealed (set STORAGE_KEY to seal it)"
    findings = [Finding(True, "Database", f"{scheme} can be read and written; content is {sealed}")]
    for account, count in Counter(job.parked_for or job.account for job in orphans).items():
        remedy = f"Put the settings of {account} back; else these jobs are answered with a refusal after a day."
        findings.append(Finding(False, "Jobs", f"{count} of the unfinished wait for {account}, not set up", remedy))
    return findings


async def _installations(settings: Settings) -> list[Finding]:
    """Whether each workspace's token works; nothing where the database cannot be read, which is a finding already."""
    try:
        async with store_of(settings) as store:
            return await installation_findings(settings, store)
    except StoreError:
        return []


def _database_remedy(why: str) -> str:
    if "STORAGE_KEY" in why:
        return "Set STORAGE_KEY to the key that the content was sealed with, or name that one in STORAGE_KEY_OLD."
    return "Correct DATABASE_URL, or make its directory writable for the bot's user."


def _directory(settings: Settings) -> Finding:
    """Whether temporary audio can be written."""
    directory = work_directory(settings)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        remedy = "Make it writable for the bot's user, or set SPOOL_DIR to a directory that is."
        return Finding(False, "Temporary audio", f"{directory} cannot be written: {error.strerror}", remedy)
    return Finding(True, "Temporary audio", f"{directory} can be written")


async def _port(subject: str, variable: str, host: str, port: int) -> Finding:
    """Whether web routes can listen; a bot that runs already holds the port, and answers."""
    where = f"{host}:{port}"
    try:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and await _answers(where):
            return Finding(True, subject, f"{where} is held by a bot that runs already")
        remedy = f"Stop what holds it, or set {variable} (or {variable.replace('PORT', 'HOST')})."
        return Finding(False, subject, f"cannot listen on {where}: {why(error)}", remedy)
    server.close()
    await server.wait_closed()
    return Finding(True, subject, f"{where} is free")


async def _answers(where: str) -> bool:
    http = Http(SystemClock())
    try:
        answer = await http.call("port", "GET", f"http://{where}/healthz", timeout=3.0)
    except StepError:
        return False
    finally:
        await http.aclose()
    return answer.ok


def _will_be_made(file: Path) -> bool:
    """Whether this file is not there and SQLite could make it: it, its journal and its lock lie in one directory."""
    try:
        file.stat()
    except FileNotFoundError:
        return file.parent.is_dir() and os.access(file.parent, os.W_OK | os.X_OK)
    except OSError:
        return False
    return False


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
                    findings.append(Finding(False, title, error.detail, "Check its settings: docs/settings.md."))
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
