"""Runs the simulator as a program: `python -m simulators.openai --port N`."""

from simulators.openai.server import OpenAISimulator
from simulators.openai.settings import OpenAISettings
from simulators.provider.program import main

if __name__ == "__main__":
    main(OpenAISettings, lambda settings, host, port: OpenAISimulator(settings, host=host, port=port))
