"""How the bot reaches other hosts: through which proxy, and which certificate authorities it trusts."""

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import certifi

from bot.settings import Settings, SettingsError
from bot.settings.sections import is_loopback


def trust(ca_bundle: str = "") -> ssl.SSLContext:
    """Certificates of certifi's list, of the system's store (SSL_CERT_FILE too), and of the operator's own file.

    They are read once in a process: every client with the same files shares one context.
    Raises `SettingsError` when the file cannot be used.
    """
    return _read_trust(ca_bundle, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _read_trust(ca_bundle: str, _cert_file: str | None, _cert_directory: str | None) -> ssl.SSLContext:
    """Read the certificates. OpenSSL itself takes the two variables from the environment; here they are only a key."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    if ca_bundle:
        try:
            context.load_verify_locations(cafile=Path(ca_bundle))
        except (OSError, ssl.SSLError) as error:
            raise SettingsError([f"CA_BUNDLE cannot be used: {error.strerror or type(error).__name__}."]) from None
    return context


@dataclass(frozen=True)
class Network:
    """Proxies by host, and the trust that every client shares."""

    https_proxy: str = ""
    slack_proxy: str = ""
    slack_hosts: Sequence[str] = ()
    no_proxy: Sequence[str] = ()
    trust: ssl.SSLContext = field(default_factory=trust)

    def proxy_for(self, url: str) -> str | None:
        """The proxy to reach this address by, or None: none is set, or the host is this machine or excepted."""
        try:
            host = (urlsplit(url).hostname or "").lower().rstrip(".")
        except ValueError:
            return None
        if not host or is_loopback(host) or any(_matches(host, pattern) for pattern in self.no_proxy):
            return None
        if self.slack_proxy and any(_matches(host, pattern.removeprefix("*")) for pattern in self.slack_hosts):
            return self.slack_proxy
        return self.https_proxy or None


def network_of(settings: Settings) -> Network:
    """The network as the settings have it. Raises `SettingsError` for a CA_BUNDLE that cannot be used."""
    api = urlsplit(settings.slack_api_url).hostname or ""
    return Network(
        https_proxy=settings.https_proxy,
        slack_proxy=settings.slack_proxy,
        slack_hosts=(*settings.slack_file_hosts, api),
        no_proxy=settings.no_proxy,
        trust=trust(settings.ca_bundle),
    )


def _matches(host: str, pattern: str) -> bool:
    pattern = pattern.strip().lower()
    if pattern == "*":
        return True
    return host == pattern.lstrip(".") or (bool(pattern) and host.endswith(f".{pattern.lstrip('.')}"))
