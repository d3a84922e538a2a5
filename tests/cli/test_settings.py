"""Settings that would leak a token or a recording are refused, each with a sentence."""

import pytest

from bot.configuration import load_settings
from bot.settings import SettingsError


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SLACK_API_URL", "http://slack.example.org/api/", "must start with https://"),
        ("XOSUM_BASE_URL", "http://xosum.example.org", "must start with https://"),
        ("INVOX_BASE_URL", "ftp://invox.example.org", "must be an address"),
        ("NABLA_BASE_URL", "http://nabla.example.org/v1", "must start with https://"),
        ("PUBLIC_URL", "http://scribe.example.org", "must start with https://"),
        ("PUBLIC_URL", "https://", "must be an address"),
        ("SLACK_SIGNING_SECRET", " ", "could be guessed"),
        ("SLACK_SIGNING_SECRET", "secret ", "could be guessed"),
        ("SLACK_FILE_HOSTS", "*", "must name hosts"),
        ("SLACK_FILE_HOSTS", "slack.com,*.com", "must name hosts"),
        ("SLACK_FILE_HOSTS", "*.*.slack.com", "must name hosts"),
        ("STORAGE_KEY", "short", "base64 of exactly 32 bytes"),
    ],
)
def test_a_setting_that_would_leak_is_refused(variable: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}: .*{said}"):
        load_settings({variable: value}, None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SLACK_API_URL", "http://127.0.0.1:9000/api/"),
        ("PUBLIC_URL", "http://localhost:3000"),
        ("XOSUM_BASE_URL", "http://[::1]:8080"),
        ("OPENAI_BASE_URL", "http://gpu-box:8000/v1"),
        ("HTTPS_PROXY", "http://proxy.clinic.example:3128"),
        ("SLACK_FILE_HOSTS", "*.files.slack.example, slack.com"),
    ],
)
def test_a_setting_of_this_machine_or_network_is_taken(variable: str, value: str) -> None:
    load_settings({variable: value}, None)
