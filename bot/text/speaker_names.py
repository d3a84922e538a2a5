"""Names that people gave to speakers, wherever the labels of the provider stand."""

import re
from dataclasses import replace

from bot.domain.transcript import Transcript


def named(transcript: Transcript) -> Transcript:
    """The transcript with the given names in its title, summary and highlights too; labels and words stay as they are.

    A label is replaced only where it stands as it was written and alone: `Speaker 1` is not in `Speaker 10`, and the
    label `DOCTOR` is not the word "doctor". Its segments keep the labels: `Transcript.name_of` gives the names.
    """
    names = {label: name for label, name in transcript.speaker_names.items() if name and name != label}
    if not names:
        return transcript
    labels = "|".join(re.escape(label) for label in sorted(names, key=len, reverse=True))
    standing = re.compile(rf"(?<!\w)({labels})(?!\w)(?:-([ա-և]+)(?!\w))?")

    def put(text: str) -> str:
        return standing.sub(lambda found: _with_ending(names[found[1]], found[2] or ""), text)

    return replace(
        transcript,
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
