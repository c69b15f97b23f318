# Everything needs only Python 3.11 or later and make.
#
#   make demo     set up, run the bundled model country, print where the report is
#   make test     set up, then lint, types and all tests
#   make lock     bring requirements.lock up to date        (needs uv)
#   make frontend build the charts that the report carries  (needs Node)
#   make bench    the speed table

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The first of these that is new enough and can make environments; name another with `make PYTHON=...`.
FIT := import ensurepip, sys, venv; raise SystemExit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11 python,\
	$(shell $(name) -c '$(FIT)' >/dev/null 2>&1 && echo $(name))))

.PHONY: demo test lint types pytest lock frontend bench clean
.DEFAULT_GOAL := demo

demo: $(READY)
	$(BIN)/xinzhi demo

test: lint types pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

pytest: $(READY)
	$(BIN)/python -m pytest -n 2

bench: $(READY)
	$(BIN)/python -m benchmarks

lock:
	uv pip compile pyproject.toml --extra dev --python-version 3.11 --universal \
		--generate-hashes --custom-compile-command "make lock" -o requirements.lock

frontend:
	cd frontend && npm ci && npm run build

clean:
	rm -rf $(VENV) demo .mypy_cache .pytest_cache .ruff_cache

# The stamp is written last, so a set-up that was cut short starts again; an environment that another Python made is
# made anew.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(FIT)' 2>/dev/null || { \
		echo "Xinzhi needs Python 3.11 or later with venv; $(or $(PYTHON),nothing on the PATH) is not that."; \
		echo "Install it (Debian, Ubuntu: apt install python3-venv), or name one: make PYTHON=/path/to/python3"; \
		exit 1; }
	@echo "Setting up in $(VENV) with $$($(PYTHON) --version) (a few minutes the first time)"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
