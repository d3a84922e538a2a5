"""The keys of our own messages are read as they were written, and keep the form that older rows have."""

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.outbox_keys import ExportKey, FileKey, OtherKey, OutboxKey, ReactionKey, ReplyKey, StatusKey, read_key

NUMBERS = st.integers(0, 10**6)
WORDS = st.text("abcdefgh0123456789.-_", min_size=1)
KEYS: st.SearchStrategy[OutboxKey] = st.one_of(
    st.builds(ReplyKey, WORDS, NUMBERS, NUMBERS),
    st.builds(FileKey, WORDS, NUMBERS, NUMBERS),
    st.builds(ExportKey, WORDS, WORDS, NUMBERS),
    st.builds(StatusKey, WORDS, WORDS, WORDS),
    st.builds(ReactionKey, WORDS, WORDS, WORDS),
    st.builds(OtherKey, st.sampled_from(["greeting", "aside"]), st.text("abc:.")),
)


@given(KEYS)
def test_a_key_is_read_as_it_was_written(key: OutboxKey) -> None:
    assert read_key(str(key)) == key


def test_stored_keys_keep_their_form() -> None:
    for key in (
        *("reply:j:0.0", "reply:j:2.11", "file:j:1", "file:j:1:3", "export:j:docx:0"),
        *("status:T1:C1:1.1", "receipt:T1:C1:1.1", "greeting:T1:C1", "greeting:T1:C1:1.5", "aside:j:1"),
    ):
        assert str(read_key(key)) == key
        assert isinstance(read_key(key), OtherKey) == key.startswith(("greeting", "aside"))


def test_what_was_never_written_is_no_reply() -> None:
    for key in ("", "reply", "reply:j", "other:j:1.0"):
        assert isinstance(read_key(key), OtherKey)
