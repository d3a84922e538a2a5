"""Audio on its way in: presigned addresses, and bytes that are measured while they arrive."""
