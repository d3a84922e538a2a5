"""What was said: transcripts, the blocks and pieces they are made of, search, and how they are written down."""
