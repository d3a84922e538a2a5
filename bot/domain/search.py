"""What a person looks for in transcripts: terms of folded words, all of which a recording must have."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other, as `bot.text.search` folds them; `prefix`: the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False

    def begins_at(self, words: tuple[str, ...], at: int) -> bool:
        """Whether the term stands at this place of a text's words."""
        end = at + len(self.words)
        if end > len(words) or words[at : end - 1] != self.words[:-1]:
            return False
        last = words[end - 1]
        return last.startswith(self.words[-1]) if self.prefix else last == self.words[-1]
