"""A modal with any text in it is within Slack's limits, counted in UTF-16 units as the worse reading."""

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.blockkit.modals import field, line, modal
from simulators.slack.rules.limits import view_body

words = st.text(st.sampled_from("aՀ文𝄞👩‍💻 "), min_size=1, max_size=200)


@given(words, words, st.integers(1, 60))
def test_any_name_fits_its_field_and_its_label(said: str, name: str, most: int) -> None:
    boxed = field("b", f"Speaker {said}", line("a", name, f"Name {said}", most), hint=f"As {said}")
    view_body(modal(f"Name {said}", [boxed], callback_id="x", close=f"No {said}", submit=f"Yes {said}"))
