"""Where a bot of these tests is reached."""


class Served:
    """A bot's two addresses."""

    def __init__(self, port: int, admin_port: int) -> None:
        self.port = port
        self.public = f"http://127.0.0.1:{port}"
        self.admin = f"http://127.0.0.1:{admin_port}"
