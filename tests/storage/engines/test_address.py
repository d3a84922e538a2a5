"""Addresses of databases as they may be shown."""

import pytest

from storage.engines.address import without_password


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://scribe:Marigold@db.example/scribe",
        "postgresql://scribe@db.example/scribe?password=Marigold",
        "postgresql://db.example/scribe?sslmode=require&sslpassword=Marigold",
        "postgresql://scribe:Marigold@db.example/scribe?SSLPASSWORD=Marigold&pass%77ord=Marigold",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    shown = without_password(url)
    assert "Marigold" not in shown
    assert "db.example/scribe" in shown
    assert "***" in shown


@pytest.mark.parametrize("url", ["sqlite:///scribe.db", "postgresql://db.example/scribe?sslmode=require"])
def test_what_has_none_is_shown_as_it_is(url: str) -> None:
    assert without_password(url) == url
