"""The names of things that are of one workspace."""

from bot.domain.job import SLACK_LANE

NOT_INSTALLED = "the app is not installed in this workspace"


def account_of(team_id: str) -> str:
    """What is parked while a workspace's token does not work."""
    return f"{SLACK_LANE}:{team_id}"
