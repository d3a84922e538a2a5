"""Answers of the pieces become one transcript."""

from bot.domain.transcript import Segment, Word
from bot.providers.openai.joining import AnsweredPiece, join


def piece(number: int, start: float, *segments: Segment, language: str | None = "en") -> AnsweredPiece:
    return AnsweredPiece(number, start, 10.0, segments, language)


def test_times_are_moved_to_where_each_piece_was() -> None:
    word = Word("b", 1.0, 2.0)
    whole = join([piece(0, 0.0, Segment("a", 1.0, 2.0)), piece(1, 10.0, Segment("b", 1.0, 2.0, None, (word,)))])
    assert whole.segments == (
        Segment("a", 1.0, 2.0),
        Segment("b", 11.0, 12.0, None, (Word("b", 11.0, 12.0),)),
    )
    assert (whole.seconds, whole.language) == (20.0, "en")


def test_the_language_is_that_of_most_pieces_in_which_something_was_said() -> None:
    said = Segment("a")
    pieces = [piece(0, 0.0, language="ru"), piece(1, 10.0, said, language="hy"), piece(2, 20.0, said, language="hy")]
    assert join([*pieces, piece(3, 30.0, said, language="en")]).language == "hy"
    assert join([piece(0, 0.0)]).language is None


def test_speakers_of_different_pieces_are_never_taken_for_one() -> None:
    one, two = Segment("a", speaker="A"), Segment("b", speaker="B")
    assert [s.speaker for s in join([piece(0, 0.0, one, two)]).segments] == ["Speaker A", "Speaker B"]
    both = join([piece(0, 0.0, one), piece(1, 10.0, one, Segment("c", speaker="Speaker A"))])
    assert [s.speaker for s in both.segments] == ["Speaker A", "part 2, A", "Speaker A"]
