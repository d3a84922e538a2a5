"""Names that people gave to speakers, wherever the labels of the provider stand."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.transcript import Transcript

_NUMBERED = re.compile(r"(?:speaker|spk|s)[ _-]?0*(\d+)", re.IGNORECASE)


def readable(labels: Sequence[str]) -> dict[str, str]:
    """How labels of a provider are shown: `Speaker_00` is "Speaker 1", `DOCTOR` is "Doctor"; others stay.

    Numbers that begin at 0 are counted from 1. Two labels that would be shown alike stay as they are.
    """
    numbers = [int(found[1]) for label in labels if (found := _NUMBERED.fullmatch(label.strip()))]
    first = 1 if 0 in numbers else 0
    shown: dict[str, str] = {}
    for label in labels:
        bare = label.strip()
        if found := _NUMBERED.fullmatch(bare):
            shown[label] = f"Speaker {int(found[1]) + first}"
        elif bare.isascii() and bare.isupper() and len(bare) > 2:
            shown[label] = bare.replace("_", " ").capitalize()
    kept = [label for label in labels if label not in shown]
    names = [*shown.values(), *kept]
    return {label: name for label, name in shown.items() if name != label and names.count(name) == 1}


def named(transcript: Transcript) -> Transcript:
    """The transcript with the names to show, also in its title, summary and highlights; labels and words stay.

    They are the names that users gave, else readable forms of the labels.

    A label is replaced only where it stands as it was written and alone: `Speaker 1` is not in `Speaker 10`, and the
    label `DOCTOR` is not the word "doctor". Its segments keep the labels: `Transcript.name_of` gives the names.
    """
    given = {label: name for label, name in transcript.speaker_names.items() if name and name != label}
    names = {**readable(transcript.speakers), **given}
    if not names:
        return transcript
    labels = "|".join(re.escape(label) for label in sorted(names, key=len, reverse=True))
    standing = re.compile(rf"(?<!\w)({labels})(?!\w)(?:-([ա-և]+)(?!\w))?")

    def put(text: str) -> str:
        return standing.sub(lambda found: _with_ending(names[found[1]], found[2] or ""), text)

    return replace(
        transcript,
        speaker_names={**transcript.speaker_names, **names},
        title=put(transcript.title) if transcript.title else transcript.title,
        summary=put(transcript.summary) if transcript.summary else transcript.summary,
        highlights=tuple(map(put, transcript.highlights)),
    )


def _with_ending(name: str, ending: str) -> str:
    """An Armenian name takes its ending without a hyphen, and the article by its last letter; others keep both."""
    if not ending or not "ա" <= name[-1].lower() <= "և":
        return f"{name}-{ending}" if ending else name
    if ending in ("ը", "ն"):
        ending = "ն" if name[-1].lower() in "աեէըիոօ" else "ը"
    return name + ending
