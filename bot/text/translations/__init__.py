"""Sentences in other languages, one module each; English stands beside the code that says it."""
