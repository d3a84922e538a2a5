"""`S3Blobs`: objects in an S3-compatible bucket, through obstore."""

import importlib.util
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.errors import Misconfigured, StepError, Transient
from bot.network import Network
from bot.settings import Settings

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Store

REMEDY = "pip install 'threadscribe[blobs]'"
_RETRIES = 2
_RETRY_SECONDS = 20
_REQUEST_SECONDS = 60  # an object of 8 MB on a line of 1 MB a second takes 8
_CONNECT_SECONDS = 5
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_OTHER_REGION = frozenset({"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"})
_METADATA = "169.254."  # where credentials are asked for when none are given: the machine's own service


class S3Blobs:
    """The objects of `account`, below BLOB_URL. Nothing is opened before the first use."""

    def __init__(self, settings: Settings, network: Network, account: str) -> None:
        self._settings = settings
        self._network = network
        self._account = account
        self._opened: S3Store | None = None

    async def put(self, key: str, data: bytes) -> None:
        """Store an object, whole or not at all, in place of the one with that key."""
        import obstore

        try:
            await obstore.put_async(self._store, key, data, use_multipart=False)
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._failure(error) from error

    async def get(self, key: str) -> bytes | None:
        """Its bytes; None when there is none."""
        import obstore

        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except (obstore.exceptions.BaseError, OSError) as error:
            if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error):
                return None
            raise self._failure(error) from error

    async def names(self, folder: str = "") -> Sequence[str]:
        """The names directly in the folder, of objects and of folders in it; "" is the top."""
        import obstore

        try:
            found = await obstore.list_with_delimiter_async(self._store, folder or None)
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._failure(error) from error
        paths = [*found["common_prefixes"], *(each["path"] for each in found["objects"])]
        return [path.rstrip("/").rpartition("/")[2] for path in paths]

    async def delete(self, folder: str) -> None:
        """Delete every object in the folder and below it. Silent when there is none."""
        import obstore

        try:
            async for chunk in obstore.list(self._store, folder):
                await obstore.delete_async(self._store, [each["path"] for each in chunk])
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._failure(error) from error

    async def check(self) -> None:
        """Store, read, list and delete an object, as the work does."""
        folder = f"check-{secrets.token_hex(8)}"
        await self.put(f"{folder}/object", b"check")
        if await self.get(f"{folder}/object") != b"check" or await self.names(folder) != ["object"]:
            raise Misconfigured(self._account, f"the bucket {self._bucket} does not give back what is stored in it")
        await self.delete(folder)

    @property
    def _bucket(self) -> str:
        return self._settings.blob_bucket

    @property
    def _store(self) -> "S3Store":
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> "S3Store":
        from obstore.store import S3Store

        settings = self._settings
        config: S3Config = {}
        if settings.blob_endpoint:
            config["endpoint"] = settings.blob_endpoint
        if secret := settings.blob_secret_access_key.get_secret_value():
            config["access_key_id"], config["secret_access_key"] = settings.blob_access_key_id, secret
        return S3Store(
            settings.blob_bucket,
            config=config,
            prefix="/".join(filter(None, (settings.blob_prefix, self._account))),
            region=settings.blob_region,
            virtual_hosted_style_request=not settings.blob_endpoint,  # names of buckets are seldom hosts elsewhere
            client_options=self._client(),
            retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
        )

    def _client(self) -> "ClientConfig":
        settings = self._settings
        options: ClientConfig = {
            "allow_http": settings.blob_endpoint.startswith("http://"),
            "timeout": timedelta(seconds=_REQUEST_SECONDS),
            "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
        }
        address = settings.blob_endpoint or f"https://{self._bucket}.s3.{settings.blob_region}.amazonaws.com"
        if proxy := self._network.proxy_for(address):
            options["proxy_url"] = proxy
        if settings.ca_bundle:
            options["root_certificate"] = Path(settings.ca_bundle).read_bytes()
        return options

    def _failure(self, error: Exception) -> StepError:
        """What the failed request means. The service's own text stays out of it: it may quote keys and names."""
        text = str(error)
        found, status = _CODE.search(text), _STATUS.search(text)
        code = found[1] if found else ""
        if code == "NoSuchBucket" or isinstance(error, FileNotFoundError):
            return Misconfigured(self._account, f"the bucket {self._bucket} of BLOB_URL does not exist")
        if code in _OTHER_REGION:
            return Misconfigured(self._account, f"the bucket {self._bucket} is not in {self._settings.blob_region}")
        if status and status[1] in ("401", "403"):
            return Misconfigured(
                self._account, f"the bucket {self._bucket} refuses these credentials ({code or status[1]})"
            )
        if _METADATA in text:
            return Misconfigured(self._account, f"there are no credentials for the bucket {self._bucket}")
        why = code or (f"status {status[1]}" if status else type(error).__name__)
        return Transient(f"the bucket {self._bucket} cannot be used at present ({why})")


def blobs_for(settings: Settings, network: Network, account: str) -> S3Blobs | None:
    """The object storage of the account; None when BLOB_URL is not set."""
    return S3Blobs(settings, network, account) if settings.blob_url else None


def blob_faults(settings: Settings) -> list[str]:
    """Why BLOB_URL cannot be used as it is set: one line each, naming what to do."""
    faults = settings.blob_faults()
    if not settings.blob_url:
        return faults
    if settings.alone:
        faults.append("BLOB_URL is for several machines: set DATABASE_URL to PostgreSQL, or unset BLOB_URL.")
    if settings.spool_shared:
        faults.append("Set BLOB_URL or SPOOL_SHARED: one way to share audio is enough.")
    if importlib.util.find_spec("obstore") is None:
        faults.append(f"BLOB_URL needs a library that is not installed: {REMEDY}")
    return faults
