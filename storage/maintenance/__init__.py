"""Changing keys and copying a database while no bot runs."""
