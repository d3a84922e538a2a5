"""The multipart form that is sent."""

from hypothesis import given
from hypothesis import strategies as st

from bot.providers.openai.form import Upload, write_form
from simulators.openai.form import read_form


@given(
    st.lists(st.tuples(st.sampled_from(["model", "prompt", "timestamp_granularities[]"]), st.text()), max_size=5),
    st.binary(max_size=2000),
)
def test_a_strict_reader_reads_what_was_written(fields: list[tuple[str, str]], content: bytes) -> None:
    content_type, body = write_form(fields, Upload("piece-1.flac", "audio/flac", content))
    form = read_form(content_type, body)
    assert form.file is not None
    assert (form.file.name, form.file.content_type, form.file.content) == ("piece-1.flac", "audio/flac", content)
    sent: dict[str, list[str]] = {}
    for name, value in fields:
        sent.setdefault(name, []).append(value.encode("utf-8", "replace").decode())
    assert form.fields == sent
