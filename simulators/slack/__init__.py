"""A local Slack workspace over real HTTP and WebSocket, for people without Slack and for tests.

It shares no code with the bot and imports only the standard library, aiohttp and PyYAML (for a manifest).
"""

from simulators.slack.options import Options
from simulators.slack.server import SlackSimulator

__all__ = ["Options", "SlackSimulator"]
