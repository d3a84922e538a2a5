"""Users, membership, and which channels a user can see."""
