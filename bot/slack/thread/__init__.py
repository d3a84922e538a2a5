"""What a thread shows: replies, status lines, reactions, uploads."""
