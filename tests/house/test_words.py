"""Words that this project has retired, because a newcomer has to learn them or stumbles over them, do not come back."""

import re

import pytest

from tests.house.test_docs import texts

RETIRED = {
    "errand": "deferred task, deferred work",
    "sights?": "visibility, visible channels",
    "happenings?": "event",
    "mend(s|ed|ing)?": "fix",
    "anew": "again",
    "whoever": "the user who, anybody who",
    "for ever": "forever",
    "be had": "available",
    "leavings": "what was left behind",
    "so many": "this many",
    "lets? go of": "release, close",
    "at hand": "present, available",
    "[Yy]ard|TokenDesk": "harness, endpoint",
    "audio desk|AudioDesk": "hosted audio",
    "SlackRoom|open_room": "SlackAdapter",
    "ClockWatch|wake_sleepers": "clock jumps",
}
OWN = re.compile(r"(bot|storage|simulators|bench|tests|docs)/|README|CHANGELOG|SECURITY")
PAGE = "simulators/slack/page/"  # a copy of Slack's own words


@pytest.mark.parametrize("word", RETIRED)
def test_a_retired_word_does_not_come_back(word: str) -> None:
    pattern = re.compile(rf"(?<![\w-])({word})(?![\w-])", 0 if word[0].isupper() else re.IGNORECASE)
    found = [
        f"{name}:{number}: {line.strip()[:100]} (say: {RETIRED[word]})"
        for name, text in texts()
        if OWN.match(name) and not name.startswith(PAGE) and name != "tests/house/test_words.py"
        if name.endswith((".py", ".md", ".sql"))
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []
