# The VS Code extension, and the tests that drive real editors. Included by the Makefile; works alone, too:
# `make -f vscode-extension/editors.mk test-editors`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
EXTENSION := vscode-extension
EDITORS_CACHE := .cache/editors
EDITORS_BIN := $(EDITORS_CACHE)/venv/bin
# The time stamp of what is packed: the same commit makes the same bytes.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1700000000)
NPM := npm --prefix $(EXTENSION) --no-audit --no-fund --no-update-notifier

.PHONY: extension test-editors pictures clean clean-extension

$(EXTENSION)/node_modules/.ready: $(EXTENSION)/package.json $(EXTENSION)/package-lock.json
	@node -e 'process.exit(+(parseInt(process.versions.node) < 20))' || { echo "Node 20 or newer is needed"; exit 1; }
	$(NPM) ci --ignore-scripts --loglevel=error
	@touch $@

extension: $(EXTENSION)/node_modules/.ready  ## Check, test and pack the VS Code extension: vscode-extension/fx-orm.vsix
	$(NPM) run --silent check
	$(NPM) run --silent build
	$(NPM) run --silent test
	SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(NPM) run --silent package

$(EDITORS_CACHE)/venv/.ready: pyproject.toml tests/editor/requirements.txt
	$(PYTHON) -m venv $(EDITORS_CACHE)/venv
	$(EDITORS_BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[lsp]' -r tests/editor/requirements.txt
	@touch $@

test-editors: extension $(EDITORS_CACHE)/venv/.ready  ## Drive real VS Code, Neovim and Emacs, with the packed extension and the server
	$(NPM) run --silent build:host-tests
	FX_TEST_EDITORS=1 $(EDITORS_BIN)/python -m pytest tests/editor

pictures: extension $(EDITORS_CACHE)/venv/.ready  ## Take the pictures of docs/images anew, in real VS Code
	$(EDITORS_BIN)/python -m tests.editor.pictures

clean: clean-extension

clean-extension:
	rm -rf $(EXTENSION)/node_modules $(EXTENSION)/dist $(EXTENSION)/*.vsix
