"""The page's private interface: who may use it, what it reads, its live stream."""
