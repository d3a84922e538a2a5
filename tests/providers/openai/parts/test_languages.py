"""Languages as codes and as names."""

import pytest

from bot.providers.openai.dialects import DIALECTS
from bot.providers.openai.languages import code_of, language_field


@pytest.mark.parametrize(
    ("written", "code"),
    [("es", "es"), ("spanish", "es"), ("Spanish", "es"), ("castilian", "es"), ("hy", "hy"), ("Klingon", ""), ("", "")],
)
def test_languages_are_codes_or_names(written: str, code: str) -> None:
    assert code_of(written) == code


def test_a_request_names_the_language_as_the_server_takes_it() -> None:
    openai, speaches = DIALECTS["openai"], DIALECTS["speaches"]
    assert language_field("es-MX", openai) == "es"
    assert language_field("jv", openai) == "jv"
    assert language_field("yue", openai) == ""
    assert language_field("yue", speaches) == "yue"
    assert language_field("tlh", speaches) == ""
