"""Child processes that talk to their parent over a pipe."""
