"""What the product is about, as plain values: jobs, their state machine, transcripts and errors. No I/O."""
