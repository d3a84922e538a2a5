"""What every provider's part of `doctor` says in the same words: credentials, reachability, the clock."""

from collections.abc import Awaitable, Callable, Sequence

from bot.domain.errors import Misconfigured, StepError
from bot.http import Answer, http_date
from bot.ports.clock import Clock
from bot.ports.provider import Finding
from bot.providers.webhook_address import webhook_address

MAX_SKEW = 30.0
"""Seconds by which this machine's clock may differ: signed assertions live 60 s, webhooks are believed for 300 s."""

_BUCKET_REMEDY = "Check BLOB_URL, BLOB_ENDPOINT, BLOB_REGION and the BLOB_… keys, and what they may do in the bucket."


async def try_credentials(
    title: str, call: Callable[[], Awaitable[Answer]], clock: Clock, remedy: str
) -> Sequence[Finding]:
    """Findings of one harmless authorised call; any answer that is not a refusal of the credentials is well."""
    try:
        answer = await call()
    except Misconfigured as error:
        return [Finding(False, f"{title}: credentials", error.detail, remedy)]
    except StepError as error:
        advice = "Check the base URL, the network and the provider's status page, then run doctor again."
        return [Finding(False, f"{title}: connection", error.detail, advice)]
    reached = Finding(True, f"{title}: connection", "it answers")
    return [reached, Finding(True, f"{title}: credentials", "accepted"), *clock_skew(title, answer, clock)]


def clock_skew(title: str, answer: Answer, clock: Clock) -> Sequence[Finding]:
    """Whether this machine's clock agrees with the Date header of an answer; nothing where there is none."""
    theirs = http_date(answer.headers.get("date", ""))
    if theirs is None:
        return []
    skew = clock.now() - theirs
    ok = abs(skew) <= MAX_SKEW
    detail = f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the provider"
    return [Finding(ok, f"{title}: clock", detail, "" if ok else "Set the clock by NTP: signatures depend on it.")]


def webhook_finding(title: str, secret_name: str, secret: str, public_url: str, address_of: str = "") -> Finding:
    """Whether results can be pushed; polling works without, so neither is a fault.

    `address_of` names the account where somebody enters our address in the provider's console.
    """
    if not public_url:
        return Finding(True, f"{title}: webhook", "off, results are polled: PUBLIC_URL is not set")
    if not secret:
        return Finding(True, f"{title}: webhook", f"off, results are polled: {secret_name} is not set")
    if not address_of:
        return Finding(True, f"{title}: webhook", "on")
    address = webhook_address(public_url, address_of, secret)
    return Finding(True, f"{title}: webhook", f"on; the address to enter at {title}: {address}")


async def bucket_findings(check: Callable[[], Awaitable[None]]) -> list[Finding]:
    """Whether the bucket of BLOB_URL can be used."""
    try:
        await check()
    except StepError as error:
        return [Finding(False, "Object storage", error.detail, _BUCKET_REMEDY)]
    return [Finding(True, "Object storage", "objects can be written, read, listed and deleted")]
