"""Webhooks on their way out: signatures, due times, retries."""
