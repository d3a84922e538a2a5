"""Threadscribe: audio dropped into Slack comes back as a transcript in its thread."""

import sys
from types import ModuleType
from typing import cast

# Two searches that find nothing of use. A None ends them at once (Python's reference, "The module cache").
_ABSENT = cast(ModuleType, None)
sys.modules.setdefault("sniffio", _ABSENT)  # httpcore tries it several times in each request: 50 microseconds each
sys.modules.setdefault("httpx._main", _ABSENT)  # httpx's own command line: a quarter of the start, never used
