# Every target sets up what it needs: a virtual environment in .venv, from the first suitable Python of this list.
PYTHON = python3 python3.13 python3.12 python3.11 python3.10
EXTRAS =
# A checkout of the original, https://github.com/NVIDIA/pix2pixHD, to measure beside tfhd.
ORIGINAL =

comma := ,
installed := .venv/installed$(if $(EXTRAS),-$(subst $(comma),-,$(EXTRAS)))

.PHONY: help install test lint demo bench edit

help:
	@echo 'make install  creates .venv and installs tfhd into it (EXTRAS=cuda for NVIDIA GPUs, serving for the local server, export for ONNX and TFLite, torch for .pth files; several with commas)'
	@echo 'make demo     trains a small model on rendered streets, exports it and shows what it paints: demo-out/index.html'
	@echo 'make edit     opens the editor on the demo'"'"'s model, which it trains where there is none'
	@echo 'make test     runs the tests'
	@echo 'make bench    times training, inference, pooling and the input pipeline (with EXTRAS=torch ORIGINAL=PATH beside the original)'
	@echo 'make lint     checks style, formatting and the direction of imports'
	@echo 'PYTHON=...    picks the interpreter (3.10 to 3.13) that .venv is created with'

install: $(installed)

test: $(installed)
	.venv/bin/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadscope

lint: $(installed)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports

demo: $(installed)
	.venv/bin/python -m demo

# The editor's web server comes with EXTRAS=serving; without a demo's model, one is trained first.
edit:
	@$(MAKE) install EXTRAS=serving
	@test -d models/demo || $(MAKE) demo EXTRAS=serving
	.venv/bin/python -m serving edit models/demo

bench: $(installed)
	.venv/bin/python -m benchmarks all$(if $(ORIGINAL), --original '$(ORIGINAL)')

$(installed): setup.cfg pyproject.toml serving/client/setup.cfg | .venv/bin/pip
	.venv/bin/python -m pip install --editable serving/client --editable '.[test$(if $(EXTRAS),$(comma)$(EXTRAS))]'
	@touch $@

# Each candidate is run, not only looked up: version managers leave names on the path that do nothing but fail.
.venv/bin/pip:
	@for python in $(PYTHON); do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
			echo "Creating .venv with $$($$python --version)"; \
			exec $$python -m venv --clear .venv; \
		fi; \
	done; \
	echo 'tfhd: no Python 3.10 to 3.13 with venv among: $(PYTHON); install one (Debian: also python3-venv) or name it: make PYTHON=/path/to/python' >&2; \
	exit 1
