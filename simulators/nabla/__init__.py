"""Nabla Core simulated: OAuth with a signed assertion, asynchronous transcription of a URL, signed webhook, note.

Source of every rule: the provider's documentation; what that leaves open is a field of `NablaSettings`.
"""

from simulators.nabla.server import NablaJob, NablaSimulator
from simulators.nabla.settings import NablaSettings

__all__ = ["NablaJob", "NablaSettings", "NablaSimulator"]
