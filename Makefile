# make run    the rare-earth chain of 2024, no policy against the club to 2040, claims: figures, reports
# make test   every test
# Needs Python 3.11 or newer and make; everything else is installed into $(VENV).

VENV     ?= .venv
OUT      ?= out/today
SCENARIO ?= today
YEARS    ?= 2024,2026,2028,2030,2035,2040
WORKERS  ?= auto
BIN      := $(VENV)/bin
MONAZITE := $(BIN)/monazite
STAMPS   := $(VENV)/.stamps

.PHONY: help run test quick lint format types contracts docs bench bench-smoke clean
.DEFAULT_GOAL := help

help:
	@echo "make run          install, solve the world's rare-earth chain of 2024, write $(OUT);"
	@echo "                  then no policy against the club over the years, write $(OUT)/years;"
	@echo "                  both reports say what the model makes of the debate's statements"
	@echo "make test         install, run every test"
	@echo "make quick        the tests that take under five seconds each"
	@echo "make lint         ruff; make types: mypy; make contracts: who may import whom"
	@echo "make format       let ruff format the code"
	@echo "make docs         build the documentation into site/"
	@echo "make bench-smoke  every benchmark once at its smallest size, without timing"
	@echo "make bench        the benchmarks of docs/performance.md"
	@echo "make clean        remove $(VENV) and everything generated"

run: $(STAMPS)/report
	@echo "The statements of the debate, at central assumptions: half a minute."
	@$(MONAZITE) claims --quick --out $(OUT) > /dev/null
	@$(MONAZITE) run $(SCENARIO) --out $(OUT)
	@echo; echo "No policy against the club, $(YEARS): half a minute."
	@$(MONAZITE) compare today club --years $(YEARS) --out $(OUT)/years --claims $(OUT)

test: $(STAMPS)/all,test
	@$(BIN)/python -m pytest -q -n $(WORKERS)

quick: $(STAMPS)/all,test
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow and not browser"

lint: $(STAMPS)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(STAMPS)/dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(STAMPS)/dev
	@$(BIN)/mypy

contracts: $(STAMPS)/dev
	@$(BIN)/lint-imports --no-cache

docs: $(STAMPS)/docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Documentation: site/index.html"

bench: $(STAMPS)/all,test
	@$(BIN)/python benchmarks/run.py

bench-smoke: $(STAMPS)/all,test
	@$(BIN)/python benchmarks/run.py --smoke
	@$(BIN)/python benchmarks/years.py --smoke
	@$(BIN)/python benchmarks/club.py --smoke
	@$(BIN)/python benchmarks/club_journal.py --smoke

clean:
	rm -rf $(VENV) out site build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The newest Python that can make an environment. python3 comes last: it may be newer or older.
$(STAMPS)/venv:
	@python= ; \
	for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "monazite needs Python 3.11 or newer with its venv module, and found none." >&2; \
	  echo "Install it (on Debian and Ubuntu: apt install python3 python3-venv), or say where it is:" >&2; \
	  echo "  make run PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	fi; \
	echo "Creating $(VENV) with $$("$$python" -V)"; \
	"$$python" -m venv --clear $(VENV) && mkdir -p $(STAMPS) && touch $@

# One stamp for each set of extras; pip shows nothing, so dots tell that it works,
# as long as this shell lives.
$(STAMPS)/%: pyproject.toml | $(STAMPS)/venv
	@printf 'Installing monazite[$*], once: a minute or two '; \
	while sleep 3 && kill -0 $$$$ 2>/dev/null; do printf .; done & dots=$$!; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[$*]'; failed=$$?; \
	kill $$dots; echo; [ $$failed -eq 0 ] && touch $@
