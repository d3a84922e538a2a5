"""Xosum."""
