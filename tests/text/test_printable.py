"""What strangers wrote, made safe to show."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.text.printable import one_line, printable


@given(st.text(st.characters()))
def test_nothing_acts_on_a_terminal_or_turns_the_text(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in shown if c not in "\n\t")
    assert not any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in shown)
    assert printable(shown) == shown
    assert "\n" not in one_line(text)


def test_escapes_titles_and_directions_go() -> None:
    assert one_line("a\x1b[31mred\x1b]0;title\x07 \x9b1m b") == "a\ufffd[31mred\ufffd]0;title\ufffd \ufffd1m b"
    assert one_line("invoice\u202egpj.mp3") == "invoicegpj.mp3"
    assert printable("one\r\ntwo\u2028three") == "one\ntwo\nthree"
    assert printable("Ինչպե՞ս ես, 😀 שלום") == "Ինչպե՞ս ես, 😀 שלום"
