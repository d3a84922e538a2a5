"""The commands about workspaces; what they do is in `bot.cli.workspaces`, imported when one runs."""

from typing import Annotated

import typer

from bot.cli.parameters import JsonFlag, settings_or_exit


def add_to(app: typer.Typer) -> None:
    """Add them to the command line."""

    @app.command()
    def workspaces(
        as_json: JsonFlag = False,
    ) -> None:
        """List the workspaces that the app is in.

        Each with its name, since when, and whether it is still installed.
        """
        from bot.cli.workspaces import run_workspaces

        raise typer.Exit(run_workspaces(settings_or_exit(), as_json))

    @app.command()
    def workspace(
        action: Annotated[str, typer.Argument(metavar="set", help="What to do.")],
        team: Annotated[str, typer.Argument(metavar="TEAM", help="The workspace's id, as `workspaces` shows it.")],
        pairs: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="Settings; NAME= takes one back.")],
    ) -> None:
        """Set something for one workspace only."""
        from bot.cli.workspaces import run_workspace_set

        raise typer.Exit(run_workspace_set(settings_or_exit(), action, team, pairs))
