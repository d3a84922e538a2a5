"""`python -m bot.failpoints`: `serve`, with what THREADSCRIBE_FAILPOINTS arms. For tests only.

With arguments, the command that they are: `rekey` and `migrate-store` have failpoints at their database.
"""

import os
import sys

import typer

from bot.cli.serve import run_serve
from bot.configuration import load_settings
from bot.failpoints import VARIABLE, Failpoints
from bot.settings import SettingsError


def main(make: type[Failpoints] = Failpoints) -> int:
    """Serve with failpoints; the exit codes are those of `serve`."""
    try:
        return run_serve(load_settings(), make(os.environ.get(VARIABLE, "")))
    except SettingsError as error:
        for fault in error.faults:
            typer.echo(f"threadscribe: {fault}", err=True)
        return 2
    except ValueError as error:
        typer.echo(f"threadscribe: {VARIABLE}: {error}", err=True)
        return 2


if __name__ == "__main__":
    if sys.argv[1:]:
        from bot.cli import app

        app(obj=Failpoints(os.environ.get(VARIABLE, "")))
    sys.exit(main())
