"""What the status and the body of an answer mean."""

import json
from collections.abc import Mapping

import pytest

from bot.domain.errors import Ambiguous, Misconfigured, ProblemCode, RateLimited, Rejected, StepError, Transient
from bot.http import Answer
from bot.providers.openai.answers import (
    NoResult,
    QuotaExhausted,
    Service,
    is_error,
    may_be_format,
    raise_error,
    words_of,
)

SERVICE = Service("openai", "OpenAI", "OPENAI", "This part has 600 s: OPENAI_PIECE_SECONDS makes parts smaller")


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer(status, headers or {}, raw, "POST api.example.org")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "No such\n model", "type": "x"}}, "No such model"),
        ({"error": "plain"}, "plain"),
        ({"detail": "Model 'x' is not installed locally"}, "Model 'x' is not installed locally"),
        ({"detail": [{"loc": ["body", "file"], "msg": "Field required"}]}, "Field required"),
        ({"detail": {"error": {"message": "unknown model: y"}}}, "unknown model: y"),
        ({"object": "error", "message": "Invalid or unsupported audio file."}, "Invalid or unsupported audio file."),
        ("Internal Server Error", "Internal Server Error"),
        ("<html><h1>413", "a web page instead of an answer (status 500)"),
        ("", "status 500"),
        ({}, "status 500"),
        ([1], "[1]"),
    ],
)
def test_the_servers_words_are_found_in_every_shape(body: object, words: str) -> None:
    assert words_of(answer(500, body)) == words


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"error": {"message": "Invalid audio"}}, Rejected),
        (200, {"detail": "no"}, Rejected),
        (200, "<!doctype html>", Misconfigured),
        (200, "just words", NoResult),
        (302, "", Misconfigured),
        (400, {"error": {"message": "too long"}}, Rejected),
        (401, {"error": {"message": "Incorrect API key provided: sk-abc"}}, Misconfigured),
        (403, {}, Misconfigured),
        (404, {"detail": "Model 'x' is not installed locally"}, Misconfigured),
        (413, "<html>413", Rejected),
        (422, {"detail": "bad"}, Rejected),
        (429, {"error": {"code": "rate_limit_exceeded", "type": "requests"}}, RateLimited),
        (429, {"error": {"code": "insufficient_quota"}}, QuotaExhausted),
        (429, {"error": {"type": "insufficient_quota", "code": None}}, QuotaExhausted),
        (429, "<html>", RateLimited),
        (500, {"error": {"message": "CUDA out of memory"}}, NoResult),
        (502, "<html>", Transient),
        (503, {"error": {"message": "loading"}}, Transient),
        (504, "<html>", Ambiguous),
    ],
)
def test_each_failure_is_classified_by_status_and_body(status: int, body: object, kind: type[StepError]) -> None:
    found = answer(status, body)
    assert is_error(found)
    with pytest.raises(kind) as caught:
        raise_error(found, SERVICE, 0.0)
    assert caught.type is kind or issubclass(caught.type, kind)
    assert "sk-abc" not in str(caught.value)
    if isinstance(caught.value, Misconfigured):
        assert caught.value.account == "openai"
        assert "OPENAI" in caught.value.detail or "billing" in caught.value.detail


def test_a_refusal_says_what_the_server_said_and_which_setting_helps() -> None:
    with pytest.raises(Rejected) as caught:
        raise_error(answer(413, {"error": {"message": "Maximum content size limit exceeded."}}), SERVICE, 0.0)
    problem = caught.value.problem
    assert problem.code is ProblemCode.PROVIDER_REFUSED
    assert problem.params["provider"] == "OpenAI"
    assert problem.params["detail"].startswith("Maximum content size limit exceeded. This part has 600 s")
    assert "OPENAI_PIECE_SECONDS" in problem.params["detail"]


@pytest.mark.parametrize(
    ("given_header", "wait"), [("7", 7.0), ("Thu, 01 Jan 1970 00:01:00 GMT", 60.0), (None, 20.0), ("soon", 20.0)]
)
def test_retry_after_is_read_in_both_forms(given_header: str | None, wait: float) -> None:
    headers = {} if given_header is None else {"retry-after": given_header}
    with pytest.raises(RateLimited) as caught:
        raise_error(answer(429, {}, headers), SERVICE, 0.0)
    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"error": {"message": "response_format 'verbose_json' is not compatible with model"}}, True),
        (422, {"detail": "x"}, True),
        (200, {"error": "x"}, True),
        (400, "<html>", False),
        (413, {}, False),
        (429, {}, False),
        (500, {}, False),
    ],
)
def test_only_some_refusals_can_be_about_the_format(status: int, body: object, expected: bool) -> None:
    assert may_be_format(answer(status, body)) is expected
