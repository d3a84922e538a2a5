"""The App Home: how to start, and one's own recordings."""

from bot.ports.store import JobFilter, JobStore
from bot.slack import words
from bot.slack.blocks import divider, section
from bot.slack.client import SlackClient
from bot.slack.fields import Json, text
from bot.slack.identity import Identity
from bot.slack.listing import job_lines, listed
from bot.slack.methods import Method

SHOWN = 10


class Home:
    """Publishes the Home of whoever opens it; only what they shared themselves is on it."""

    def __init__(self, store: JobStore, client: SlackClient) -> None:
        self._store = store
        self._client = client

    async def opened(self, me: Identity, event: Json) -> None:
        """An `app_home_opened` event. Raises `StepError`s and `StoreError`s."""
        user = text(event, "user")
        if not user or text(event, "tab") not in ("home", ""):
            return
        jobs = await self._store.jobs(JobFilter(me.team_id, user_id=user, limit=SHOWN))
        recent = listed(words.LISTS["mine"], job_lines(me, jobs), False)
        view = {"type": "home", "blocks": [section(words.HELP), divider(), *recent.blocks]}
        await self._client.call(Method.PUBLISH_HOME, user_id=user, view=view)
