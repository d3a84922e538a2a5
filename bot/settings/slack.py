"""Settings of the Slack side."""

from pydantic import Field, SecretStr, field_validator

from bot.settings.sections import Names, Section, SecureAddress

SLACK_FILE_HOSTS = (
    "slack.com",
    "*.slack.com",
    "slack-files.com",
    "*.slack-files.com",
    "*.slack-edge.com",
    "slack-gov.com",
    "*.slack-gov.com",
)


class SlackSettings(Section):
    """Settings of the Slack side."""

    heading = "Slack"

    slack_bot_token: SecretStr = Field(SecretStr(""), description="Bot token (xoxb-…) of the installed app.")
    slack_app_token: SecretStr = Field(SecretStr(""), description="App token (xapp-…); when set, Socket Mode is used.")
    slack_signing_secret: SecretStr = Field(
        SecretStr(""), description="Signing secret of the app, for HTTP mode (/slack/events)."
    )
    slack_client_id: str = Field(
        "",
        description="Client ID of the app. With SLACK_CLIENT_SECRET and without SLACK_BOT_TOKEN, several workspaces "
        "can install it from /slack/install.",
    )
    slack_client_secret: SecretStr = Field(SecretStr(""), description="Client secret of the app.")
    removed_workspace_days: int = Field(
        30, ge=0, description="Content of a workspace that removed the app is deleted after this many days."
    )
    slack_api_url: SecureAddress = Field("https://slack.com/api/", description="Base of Slack's Web API.")
    slack_file_hosts: Names = Field(SLACK_FILE_HOSTS, description="Hosts the bot token may be sent to for files.")

    @field_validator("slack_file_hosts")
    @classmethod
    def _narrow(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any("." not in name.removeprefix("*.") or "*" in name.removeprefix("*.") for name in value):
            raise ValueError(
                "must name hosts: the bot token is sent to each of them (*.example.org covers its subdomains)"
            )
        return value or SLACK_FILE_HOSTS

    @field_validator("slack_signing_secret")
    @classmethod
    def _guessable(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if secret and (secret != secret.strip() or len(secret) < 8):
            raise ValueError("must be the app's signing secret: this one could be guessed")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _slash(cls, value: str) -> str:
        return value if value.endswith("/") else f"{value}/"

    @property
    def socket_mode(self) -> bool:
        """Whether Slack's events come over Socket Mode."""
        return bool(self.slack_app_token.get_secret_value())

    @property
    def several_workspaces(self) -> bool:
        """Whether workspaces install the app by themselves, each with a token of its own."""
        secret, token = self.slack_client_secret.get_secret_value(), self.slack_bot_token.get_secret_value()
        return bool(self.slack_client_id and secret and not token)

    def slack_faults(self) -> list[str]:
        """What keeps `serve` from starting: one line each, naming the variable and what to do."""
        faults = []
        if self.several_workspaces:
            if self.socket_mode:
                faults.append("Several workspaces need HTTP mode: remove SLACK_APP_TOKEN.")
            if not self.slack_signing_secret.get_secret_value():
                faults.append("Set SLACK_SIGNING_SECRET: several workspaces need HTTP mode.")
            return faults
        token = self.slack_bot_token.get_secret_value()
        app = self.slack_app_token.get_secret_value()
        if token.startswith("xapp-") and app.startswith("xoxb-"):
            return [
                "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: xoxb-… is the bot token, xapp-… the app-level one."
            ]
        if not token:
            faults.append("SLACK_BOT_TOKEN is missing: copy the Bot User OAuth Token (xoxb-…) of your Slack app.")
        elif not token.startswith("xoxb-"):
            faults.append("SLACK_BOT_TOKEN is not a bot token: it must start with xoxb-.")
        if app and not app.startswith("xapp-"):
            faults.append("SLACK_APP_TOKEN is not an app-level token: it must start with xapp-.")
        if not app and not self.slack_signing_secret.get_secret_value():
            faults.append("Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode).")
        return faults
