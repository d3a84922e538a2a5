"""When to look for a result: first at the predicted finish, then at growing gaps (DESIGN 4). Pure."""

from bot.ports.provider import Capabilities


def predicted_finish(audio_seconds: float | None, latency: tuple[float, float]) -> float:
    """Seconds from the hand-over to the result, as a + b * seconds of audio; a minute of audio if unknown."""
    a, b = latency
    return a + b * (60.0 if audio_seconds is None else audio_seconds)


def first_look(
    audio_seconds: float | None, capabilities: Capabilities, latency: tuple[float, float], poll_min: float
) -> float:
    """Seconds from the hand-over to the first poll."""
    if capabilities.works_when_polled:
        return 0.0
    if capabilities.pushes:
        return capabilities.push_patience
    return max(poll_min, predicted_finish(audio_seconds, latency))


def next_look(waited: float, capabilities: Capabilities, poll_min: float) -> float:
    """Seconds to the next poll of a job that has waited `waited` seconds: a quarter more each time, bounded."""
    if capabilities.works_when_polled:
        return 0.0
    shortest, longest = capabilities.poll_seconds
    shortest = max(shortest, poll_min)
    return min(max(shortest, longest), max(shortest, waited * 0.25))
