# Everything runs in .venv, made from the hash-pinned requirements.lock: only Python >= 3.11 is needed.
PY ?= python3
V := .venv
BIN := $(V)/bin
# What reaches no machine but the package index, and writes no address into the lock.
# Extras are kept, as pip before 23.3 takes a package with an extra for another one, without a pin.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links --no-strip-extras --extra dev pyproject.toml
# Each has databases of its own; 0 runs all tests in one process.
TEST_PROCESSES ?= 2
NEW_LOCK := $(V)/requirements.lock

.PHONY: help serve dev test check lint types imports schema-check lock-check proof schema bench lock clean
.DEFAULT_GOAL := help

help:
	@echo "make serve    the demo on http://127.0.0.1:8000, or on PORT"
	@echo "make dev      the same, restarted when a Python file changes"
	@echo "make test     all tests, on real databases"
	@echo "make check    style, types, import contracts, schema.graphql and the lock"
	@echo "make proof    20000 generated operations per database, and defects that they must catch"
	@echo "make bench    the speed of reads, beside other servers, and how their cost grows"
	@echo "make schema   write schema.graphql"
	@echo "make lock     pin the dependencies of pyproject.toml anew"
	@echo "make clean    remove caches; not .venv, not the data in .data"

$(V)/.ok: requirements.lock pyproject.toml
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PY) is missing or older than Python 3.11: install one, or name it: make PY=python3.12" >&2; exit 1; }
	@$(PY) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PY) cannot make virtual environments: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making $(V) (once, a minute or two)"
	@$(PY) -m venv $(V)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

serve: $(V)/.ok
	@$(BIN)/gql-api serve

dev: $(V)/.ok
	@$(BIN)/gql-api dev

test: $(V)/.ok
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile

check: lint types imports schema-check lock-check

lint: $(V)/.ok
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(V)/.ok
	$(BIN)/mypy

imports: $(V)/.ok
	$(BIN)/lint-imports

schema-check: $(V)/.ok
	$(BIN)/gql-api schema check

# The committed lock is what its own pins compile to, and names no host.
lock-check: $(V)/.ok
	@! grep -nE 'https?://|file:|--(extra-)?index-url|--find-links|--trusted-host' \
		requirements.lock clients/*/package-lock.json
	@cp requirements.lock $(NEW_LOCK)
	@$(COMPILE) --output-file $(NEW_LOCK) >/dev/null
	@diff -u requirements.lock $(NEW_LOCK) \
		|| { echo "requirements.lock is not what pyproject.toml asks for: make lock" >&2; exit 1; }

# OPERATIONS per database; MariaDB's server is that of GQL_API_TEST_MARIADB_URL.
OPERATIONS ?= 20000
proof: $(V)/.ok
	$(BIN)/python -m tests.proof.long $(OPERATIONS) $(SEED)
	$(BIN)/python -m tests.proof.mutants
	GQL_API_PROOF_LOAD="10000 200 2000 100" $(BIN)/python -m pytest tests/proof/test_loads.py -v
	GQL_API_MATRICES="postgres-bundled postgres-strict sqlite-bundled sqlite-strict mariadb-bundled mariadb-strict" \
		$(BIN)/python -m pytest tests/access -k matrix
	$(BIN)/python -m tests.proof.kills
	$(BIN)/python -m tests.proof.ends
	$(BIN)/python -m tests.proof.faults
	$(BIN)/python -m tests.proof.hostile
	GQL_API_TEST_PGBOUNCER=true $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile -k postgres \
		--ignore tests/proof --ignore tests/access
	GQL_API_FUZZ=10000 $(BIN)/python -m pytest tests/server/test_fuzz.py -v

schema: $(V)/.ok
	$(BIN)/gql-api schema export --output schema.graphql

bench: $(V)/.ok
	$(BIN)/python -m bench.run --rounds 1 --seconds 1 --warmup 1 --tries 1 --offsets 10
	$(BIN)/python -m bench.curves --seconds 0.5 --sizes 10000,100000

lock: $(V)/.ok
	$(COMPILE) --output-file requirements.lock >/dev/null

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov dist
	find gql_api tests alembic -name __pycache__ -type d -prune -exec rm -rf {} +
