"""The one place where a job releases what it holds outside its row, whichever way it ends.

A job that needs no more work is replying (or parked). `Release` is called when it gets there, and again before its
reply is posted, so that a crash in between leaves nothing behind. Every part of it may be repeated.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from bot.domain.errors import StepError
from bot.domain.job import Job, Outcome, State
from bot.engine.hosted_audio import HostedAudio
from bot.ports.provider import Provider
from bot.ports.store import JobStore

HOOK_INBOX = "hook"  # kind of the inbox rows that hold believed webhooks; their ref is "account:reference"


@dataclass(slots=True)
class Release:
    """Closes hosted audio; without a transcript also ends the provider's work and deletes what it had made so far."""

    store: JobStore
    providers: Mapping[str, Provider]
    hosted_audio: HostedAudio

    async def __call__(self, job: Job) -> None:
        """Release everything that this job does not need any more. Raises `StoreError`."""
        if job.state not in (State.REPLYING, State.PARKED):
            return
        await self.hosted_audio.release(job.id)
        if job.state is State.PARKED or job.outcome is Outcome.TRANSCRIPT:
            return
        if job.remote and (provider := self.providers.get(job.provider)):
            with suppress(StepError):  # the answer does not wait for it; a provider's own job ends by itself
                await provider.cancel(job.remote)
        paid = job.outcome is Outcome.REFUSED  # its answered pieces were paid for: a retry uses them
        await self.store.discard_inputs(job.id, HOOK_INBOX, *webhook_refs(job), keep_pieces=paid)


def webhook_refs(job: Job) -> list[str]:
    """What the webhooks of a job are kept under.

    One that came before the reference was stored is kept under our own, where the provider echoes it.
    """
    if job.remote is None:
        return []
    return [f"{job.account}:{ref}" for ref in dict.fromkeys((job.remote.ref, job.client_ref)) if ref]
