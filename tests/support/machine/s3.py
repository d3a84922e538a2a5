"""A server of Amazon's S3 that nobody here wrote (moto), as a process, with one bucket and one user who may use it."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.support.machine.bot_process import base_environment

BUCKET = "recordings"
_RUNNING = re.compile(r"Running on http://127\.0\.0\.1:(\d+)")
_PREPARED = "4"  # requests that are taken from anybody: those of `_prepare`; then signatures and rights count
_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@dataclass(frozen=True)
class S3Server:
    """Where it is, and whom it lets in."""

    endpoint: str
    key: str
    secret: str

    def environment(self, url: str = f"s3://{BUCKET}/tests", **more: str) -> dict[str, str]:
        """The settings of a bot that uses it."""
        return {
            "BLOB_URL": url,
            "BLOB_ENDPOINT": self.endpoint,
            "BLOB_ACCESS_KEY_ID": self.key,
            "BLOB_SECRET_ACCESS_KEY": self.secret,
            **more,
        }

    def objects(self) -> dict[str, bytes]:
        """Everything in the bucket."""
        s3 = self._client("s3", self.key, self.secret)
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
        found = {}
        for key in keys:
            try:
                found[key] = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            except s3.exceptions.NoSuchKey:
                continue  # deleted meanwhile
        return found

    def unfinished_uploads(self) -> list[str]:
        """Keys of uploads in parts that were begun and not ended: their parts are in no list of objects."""
        found = self._client("s3", self.key, self.secret).list_multipart_uploads(Bucket=BUCKET)
        return [each["Key"] for each in found.get("Uploads", [])]

    def _client(self, service: str, key: str, secret: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )


@contextmanager
def s3_server(directory: Path) -> Iterator[S3Server]:
    """A server with an empty bucket, as long as the context is open."""
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        cwd=directory,
        env={**base_environment(directory), "INITIAL_NO_AUTH_ACTION_COUNT": _PREPARED},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := _RUNNING.search(line):
                break
        else:
            raise AssertionError("the server of S3 ended")
        threading.Thread(target=process.stderr.read, daemon=True).start()  # its log must not fill the pipe
        yield _prepare(f"http://127.0.0.1:{found[1]}")
    finally:
        process.kill()
        process.wait()


def _prepare(endpoint: str) -> S3Server:
    anybody = S3Server(endpoint, "anybody", "anything")
    anybody._client("s3", "anybody", "anything").create_bucket(Bucket=BUCKET)
    iam = anybody._client("iam", "anybody", "anything")
    iam.create_user(UserName="bot")
    iam.put_user_policy(UserName="bot", PolicyName="all", PolicyDocument=json.dumps(_ALL))
    made = iam.create_access_key(UserName="bot")["AccessKey"]
    return S3Server(endpoint, made["AccessKeyId"], made["SecretAccessKey"])
