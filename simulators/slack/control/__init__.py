"""The simulator's own JSON interface, for tests in other processes."""
