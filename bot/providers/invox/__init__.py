"""Invox Medical."""
