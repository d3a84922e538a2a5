"""Measures of jobs: their path, how many wait, several processes, starts."""
