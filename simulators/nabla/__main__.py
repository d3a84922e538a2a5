"""Runs the simulator as a program: `python -m simulators.nabla --port N`."""

from simulators.nabla.server import NablaSimulator
from simulators.nabla.settings import NablaSettings
from simulators.provider.program import main

if __name__ == "__main__":
    main(NablaSettings, lambda settings, host, port: NablaSimulator(settings, host=host, port=port))
