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

CALLS_PER_MINUTE = 1_000_000.0
UNPACED = {"xosum_per_minute": CALLS_PER_MINUTE, "xosum_burst": 10_000}


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
    return run_serve(load_settings(env_file=None).model_copy(update=UNPACED))


if __name__ == "__main__":
    sys.exit(main())
