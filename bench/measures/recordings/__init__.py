"""Measures of whole recordings on their way, or in the engine."""
