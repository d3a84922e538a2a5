"""Baselines: the plainest programs that do the same work."""
