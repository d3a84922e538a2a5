"""`python -m bot.failpoints`: `serve` with the failpoints that the variable arms; the entry point of crash tests."""

import os
import sys

from bot.cli import settings_or_exit
from bot.cli.running import run_serve
from bot.failpoints import VARIABLE, Failpoints

if __name__ == "__main__":
    sys.exit(run_serve(settings_or_exit(), Failpoints(os.environ.get(VARIABLE, ""))))
