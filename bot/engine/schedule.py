"""When to poll for a result: at its predicted finish, then at growing gaps, as the account's rate allows."""

from bot.ports.provider import Capabilities

CHECK_SECONDS = 40.0  # at low load no job goes longer without a poll: a failure is noticed even if nothing announces it
LOADED_SECONDS = 300.0  # the longest gap under load
POLL_SHARE = 0.5  # of an account's calls; the rest is for submitting and fetching
UNPACED_PER_MINUTE = 120.0  # taken for an account without a stated limit


def predicted_finish(audio_seconds: float | None, latency: tuple[float, float]) -> float:
    """Seconds from the hand-over to the result, as a + b * seconds of audio; a minute of audio if unknown."""
    a, b = latency
    return a + b * (60.0 if audio_seconds is None else audio_seconds)


def spacing(waiting: int, capabilities: Capabilities) -> float:
    """Seconds between two polls of one job so that `waiting` jobs stay within the polls' share of the rate."""
    pace = capabilities.pace
    per_minute = pace.per_minute if pace is not None else UNPACED_PER_MINUTE
    return waiting * 60.0 / (per_minute * POLL_SHARE)


def next_poll(waited: float, finish: float, capabilities: Capabilities, poll_min: float, waiting: int) -> float:
    """Seconds to the next poll of a job that has waited `waited` seconds and should be done after `finish`.

    Webhooks change nothing here but that `finish` then includes the time they take. `waiting`: how many jobs wait.
    """
    if capabilities.works_when_polled:
        return 0.0
    shortest, longest = capabilities.poll_seconds
    shortest = max(shortest, poll_min)
    apart = spacing(waiting, capabilities)
    if waited < finish:
        left = max(poll_min, finish - waited)
        return left if apart > CHECK_SECONDS else min(left, max(poll_min, CHECK_SECONDS))
    growing = min(max(shortest, longest), CHECK_SECONDS, waited * 0.25)
    return max(shortest, min(apart, LOADED_SECONDS), growing)
