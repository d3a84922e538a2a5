"""Nabla."""
