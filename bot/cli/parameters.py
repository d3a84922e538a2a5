"""What several commands take, and how a command asks or refuses; light, so that `--help` is there at once."""

import sys
from typing import Annotated

import typer

from bot.configuration import load_settings
from bot.settings import Settings, SettingsError

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, as `jobs` and /transcribe list show it.")]
Since = Annotated[str, typer.Option("--since", metavar="DAY", help="First day, for example 2026-11-25.")]
Team = Annotated[str, typer.Option("--team", metavar="TEAM", help="Only of this workspace.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def refusal(lines: list[str], code: int) -> typer.Exit:
    """Print one line for each fault; raise the result."""
    for line in lines:
        typer.echo(f"threadscribe: {line}", err=True)
    return typer.Exit(code)


def settings_or_exit() -> Settings:
    """The settings of this process; a fault ends the command with exit code 2."""
    try:
        return load_settings()
    except SettingsError as error:
        raise refusal(error.faults, 2) from None


def ask(question: str, why: str, yes: bool) -> None:
    """Have the operator confirm what cannot be undone, unless `yes`; a no ends the command with exit code 1.

    Without a terminal nobody can answer: the command ends with exit code 2, `why`, and a word about `--yes`.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise refusal([f"{why}: give --yes as well."], 2)
    if not typer.confirm(question):
        raise refusal(["nothing was changed."], 1)
