"""Settings of the network between the bot and the services that it calls."""

from pydantic import Field

from bot.settings.sections import Address, Names, Section


class NetworkSettings(Section):
    """Settings of the network between the bot and the services that it calls."""

    heading = "Network"

    https_proxy: Address = Field(
        "",
        description="HTTP proxy for Slack, files and providers, e.g. http://user:password@proxy.example:3128. "
        "This machine itself is always called directly.",
    )
    slack_proxy: Address = Field("", description="Another proxy for Slack and its files, instead of HTTPS_PROXY.")
    no_proxy: Names = Field(
        (), description="Hosts that are called without the proxy, comma separated; .example.org means all hosts in it."
    )
    ca_bundle: str = Field(
        "", description="PEM file of further certificate authorities; certifi's and the system's are always trusted."
    )
