"""What holds for all tests: property tests are the same in every run, and are not failed for being slow."""

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("house")
