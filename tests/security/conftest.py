"""The bot with its web routes, as the tests of these have it."""

from tests.web.conftest import served_bot

__all__ = ["served_bot"]
