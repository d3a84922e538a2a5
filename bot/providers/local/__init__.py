"""The local engine: Whisper on this machine, in child processes, block by block.

`provider.LocalProvider` is the seam; `pool` runs children (`child_main` is their main module), `weights` finds the
model, `job_files` keeps the audio of waiting jobs, `blocks` cuts the audio, `transcribe` asks the model and drops what
it made up. faster-whisper, PyAV and numpy are imported in the children only.
"""

from bot.ports.provider import Provider
from bot.providers.kind import ProviderContext, ProviderKind
from bot.providers.local.settings import LocalSettings


def _build(settings: LocalSettings, context: ProviderContext) -> Provider:
    from bot.providers.local.machine import Machine
    from bot.providers.local.provider import LocalProvider

    machine = None
    if context.several:
        machine = Machine(context.store, context.clock, context.directory, shared=context.blobs is not None)
    return LocalProvider(settings, context.store, context.directory, context.on_ready, machine, context.blobs)


KIND = ProviderKind("local", "Local engine", LocalSettings, _build)
