"""`serve` with shorter leases, so that an audit need not wait a minute for each, and an unlimited call budget.

`BRISK_LEASE_SECONDS` is the length of a lease; without it all times are as shipped. Everything else is the bot as it
is. Exists only for the tests: settings offer neither.
"""

import os
import sys

from bot.cli.serve import run_serve
from bot.configuration import load_settings
from bot.engine import engine, lane
from bot.slack.incoming import deferred
from bot.slack.thread import chat, posts, reactions, status, uploads

UNPACED = {"per_minute": 1_000_000.0, "burst": 10_000}  # calls of the provider


def main() -> int:
    """Serve; the exit codes are those of `serve`."""
    if text := os.environ.get("BRISK_LEASE_SECONDS", ""):
        seconds = float(text)
        for module in (engine, lane):
            vars(module)["LEASE_SECONDS"] = seconds
        vars(lane)["HEARTBEAT_SECONDS"] = seconds / 6
        vars(deferred)["CLAIM_SECONDS"] = seconds
        vars(reactions)["CLAIM_SECONDS"] = seconds / 2
        for module in (posts, status, uploads, reactions):
            vars(module)["VERIFY_SECONDS"] = seconds
        vars(chat)["VERIFY_EVERY_SECONDS"] = seconds / 6
    settings = load_settings(env_file=None)
    unpaced = {name: section.model_copy(update=UNPACED) for name, section in settings.providers.items()}
    return run_serve(settings.model_copy(update={"providers": unpaced}))


if __name__ == "__main__":
    sys.exit(main())
