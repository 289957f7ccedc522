# Two commands matter: `make atlas` (the main job) and `make test`. Both make .venv first, from this project's own files.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: types atlas test quick validate benchmarks docs sky lint wheel clean

$(VENV)/.atlas: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e '.[plot]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e '.[dev]'
	touch $@ $(VENV)/.atlas

atlas: $(VENV)/.atlas
	$(BIN)/nudipole atlas --out out --resume

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -q -n auto
	$(MAKE) --no-print-directory docs

# the inner loop: formulas, matter, statistics, input; under a minute
quick: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n auto tests/processes/scattering tests/processes/decays tests/matter tests/inference tests/inputs tests/test_portal.py tests/test_architecture.py tests/test_project.py

sky: $(VENV)/.dev
	$(BIN)/python scripts/build_sky.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# types of the explorer's modules, written as JSDoc
types:
	@if command -v npx >/dev/null; then npx --yes -p typescript@5.9.3 tsc -p src/nudipole/explorer/web; \
	else echo "types of the explorer: LEFT OUT, there is no npx"; fi

validate: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n auto -m validation

benchmarks: $(VENV)/.dev
	$(BIN)/python -m pytest -q benchmarks --benchmark-enable --benchmark-only -m "not validation"

wheel: $(VENV)/.dev
	$(BIN)/python -m build --outdir dist
	$(BIN)/python scripts/check_wheel.py dist/*.whl dist/*.tar.gz

docs: $(VENV)/.dev
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	$(BIN)/python scripts/check_links.py docs/_build/html

clean:
	rm -rf $(VENV) out docs/_build .pytest_cache .mypy_cache .ruff_cache
