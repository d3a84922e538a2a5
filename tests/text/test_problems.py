"""Problem sentences: complete in every language, harmless whatever a provider said."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import Problem, ProblemCode
from bot.text.languages import phrases_of
from bot.text.problems import DETAIL_LIMIT, ENGLISH, TABLES, clean, sentence

PARAMS = {
    "limit_mb": "1024",
    "size_mb": "2000",
    "limit_minutes": "60",
    "minutes": "75",
    "provider": "xosum",
    "language": "tlh",
    "detail": "unsupported codec",
    "format": "RealAudio",
}


def placeholders(template: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", template))


@pytest.mark.parametrize("locale", TABLES)
def test_every_problem_has_a_sentence_with_the_english_placeholders(locale: str) -> None:
    assert set(TABLES[locale]) == set(ProblemCode)
    for code, template in TABLES[locale].items():
        assert placeholders(template) == placeholders(ENGLISH[code]), code
        assert placeholders(template) <= PARAMS.keys(), code


@pytest.mark.parametrize("locale", TABLES)
@pytest.mark.parametrize("code", ProblemCode)
@pytest.mark.parametrize("params", [PARAMS, {}], ids=["all known", "nothing known"])
def test_a_sentence_is_whole_whether_or_not_its_parameters_are_known(
    locale: str, code: ProblemCode, params: dict[str, str]
) -> None:
    text = sentence(Problem(code, params), phrases_of(locale))
    assert not re.search(r"[\[\]{}…]", text)
    assert text.endswith((".", "։"))
    assert text[0].isupper()
    assert "  " not in text


def test_a_sentence_says_the_numbers_and_the_provider_s_own_words() -> None:
    assert "2000 MB" in sentence(Problem(ProblemCode.TOO_LARGE, PARAMS))
    assert "Xosum" in sentence(Problem(ProblemCode.PROVIDER_FAILED, PARAMS))
    assert "unsupported codec" in sentence(Problem(ProblemCode.PROVIDER_FAILED, PARAMS), phrases_of("hy"))


def test_a_regional_locale_gets_its_language_and_an_unknown_one_english() -> None:
    problem = Problem(ProblemCode.EMPTY_FILE)
    assert sentence(problem, phrases_of("es-MX")) == sentence(problem, phrases_of("es"))
    assert sentence(problem, phrases_of("hy_AM")) == sentence(problem, phrases_of("hy"))
    assert sentence(problem, phrases_of("tlh")) == sentence(problem, phrases_of("en"))


def test_the_provider_s_words_cannot_mention_link_or_format() -> None:
    said = "<!channel> <@U123> *bold* ~no~ `code` see https://evil.example/?token=abc @here &amp;\x1b[31m _it_"
    text = sentence(Problem(ProblemCode.PROVIDER_FAILED, {"provider": "nabla", "detail": said}))
    assert not re.search(r"[<>&*~`\x1b]|https?:|token|(?<!\w)[@_]", text)


def test_an_error_code_of_a_provider_keeps_its_underscores() -> None:
    assert clean("audio_too_short") == "audio_too_short"


@given(st.text())
def test_cleaned_words_are_one_short_line_without_control_characters(said: str) -> None:
    words = clean(said)
    assert len(words) <= DETAIL_LIMIT
    assert not re.search(r"[<>&*~`|]", words)
    assert all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in words)
    assert clean(words) == words


@given(st.sampled_from(list(ProblemCode)), st.dictionaries(st.sampled_from(list(PARAMS)), st.text()))
def test_no_parameter_breaks_a_sentence(code: ProblemCode, params: dict[str, str]) -> None:
    assert sentence(Problem(code, params)).strip()
