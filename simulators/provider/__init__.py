"""What the three provider simulators share: clock, ledger, faults, media intake, storage, webhooks, control API."""
