"""Settings of S3-compatible object storage."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from bot.settings.sections import Address, Section

_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[\w./-]*))?")


def _url(value: str) -> str:
    if value and not _URL.fullmatch(value):
        raise ValueError("must be s3://BUCKET or s3://BUCKET/PREFIX")
    return value.rstrip("/")


class BlobSettings(Section):
    """Settings of S3-compatible object storage."""

    heading = "Object storage"

    blob_url: Annotated[str, AfterValidator(_url)] = Field(
        "",
        description="s3://BUCKET/PREFIX: where machines without a common directory share the local engine's audio. A "
        "prefix that nothing else uses, in a bucket without versions.",
    )
    blob_endpoint: Address = Field(
        "", description="Address of a service other than Amazon's, e.g. https://minio.example.org."
    )
    blob_region: str = Field("us-east-1", description="Region of the bucket.")
    blob_access_key_id: str = Field(
        "", description="Access key; empty: as usual on Amazon, AWS_… variables or the role of the machine or pod."
    )
    blob_secret_access_key: SecretStr = Field(SecretStr(""), description="Its secret.")

    @property
    def blob_bucket(self) -> str:
        """The bucket of BLOB_URL; "" when it is not set."""
        found = _URL.fullmatch(self.blob_url)
        return found["bucket"] if found else ""

    @property
    def blob_prefix(self) -> str:
        """What the keys of all objects begin with, without slashes at its ends."""
        found = _URL.fullmatch(self.blob_url)
        return (found["prefix"] or "").strip("/") if found else ""

    def blob_faults(self) -> list[str]:
        """What cannot work: one line each, naming the variable and what to do."""
        if bool(self.blob_access_key_id) != bool(self.blob_secret_access_key.get_secret_value()):
            return ["Set BLOB_ACCESS_KEY_ID and BLOB_SECRET_ACCESS_KEY both, or neither."]
        return []
