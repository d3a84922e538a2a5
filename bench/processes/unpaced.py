"""`python -m bench.processes.unpaced`: `serve`, with a call budget that no real provider would give.

Where the provider is instant and not what is measured, its 60 calls a minute would be all that is seen. Settings
refuse such a budget, so it is set behind them; everything else is the bot as it is.
"""

import sys

from bot.cli.serve import run_serve
from bot.configuration import load_settings

CALLS_PER_MINUTE = 1_000_000.0

if __name__ == "__main__":
    settings = load_settings(env_file=None)
    unpaced = settings.providers["xosum"].model_copy(update={"per_minute": CALLS_PER_MINUTE, "burst": 10_000})
    sys.exit(run_serve(settings.model_copy(update={"providers": {**settings.providers, "xosum": unpaced}})))
