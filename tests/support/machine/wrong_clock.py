"""`python -m tests.support.machine.wrong_clock serve`: the bot where the wall clock is CLOCK_AHEAD seconds ahead."""

import os
import time

_real = time.time
_ahead = float(os.environ["CLOCK_AHEAD"])


def _wrong() -> float:
    return _real() + _ahead


time.time = _wrong  # before anything of the bot is imported

if __name__ == "__main__":
    from bot.cli import main

    main()
