"""How Xosum's labels split a call into speakers."""

import pytest

from bot.domain.transcript import Segment
from bot.providers.xosum.provider import split_speakers


@pytest.mark.parametrize(
    ("words", "kind", "segments"),
    [
        ("", "phone_call", ()),
        ("Բարև։\n\nՑտեսություն։", "single_voice", (Segment("Բարև։"), Segment("Ցտեսություն։"))),
        (
            "Խոսնակ 1: Բարև։ Խոսնակ 2: Ողջույն։",
            "phone_call",
            (Segment("Բարև։", speaker="Խոսնակ 1"), Segment("Ողջույն։", speaker="Խոսնակ 2")),
        ),
        (
            "Խոսնակ 2:\nԱյո\nԽոսնակ 1: Ոչ",
            "",
            (Segment("Այո", speaker="Խոսնակ 2"), Segment("Ոչ", speaker="Խոսնակ 1")),
        ),
        ("Նախ Խոսնակ 1: ասաց", "", (Segment("Նախ Խոսնակ 1: ասաց"),)),
        ("Նախ Խոսնակ 1: ասաց", "phone_call", (Segment("Նախ"), Segment("ասաց", speaker="Խոսնակ 1"))),
        ("Խոսնակ 1: ասաց", "single_voice", (Segment("Խոսնակ 1: ասաց"),)),
        ("Խոսնակ 1: Խոսնակ 2: Այո", "phone_call", (Segment("Այո", speaker="Խոսնակ 2"),)),
        ("Մեր Խոսնակ 1 եկավ", "phone_call", (Segment("Մեր Խոսնակ 1 եկավ"),)),
    ],
)
def test_labels_split_a_call_into_speakers(words: str, kind: str, segments: tuple[Segment, ...]) -> None:
    assert split_speakers(words, kind) == segments
