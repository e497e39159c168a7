# Every target sets up what it needs; see .ci/setup.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: demo test dev bench release lint unit browser

demo: ## pgdeck in the browser, on a local cluster with every problem that it finds
	.ci/setup demo
	. .ci/env && cargo xtask build dev
	exec target/debug/pgdeck demo

test: ## everything: formatting, lints, unit, integration and browser tests
	started=$$(date +%s); .ci/setup test; . .ci/env; PGDECK_STARTED=$$started cargo xtask test

lint: ## formatting and lints
	. .ci/env && cargo xtask test format build

unit: ## unit and integration tests, on real PostgreSQL servers
	. .ci/env && cargo xtask test unit

browser: ## Playwright in Chromium, with and without JavaScript
	. .ci/env && cargo xtask test browser

dev: ## build and restart on every change (servers to watch: DSN=…)
	.ci/setup dev
	. .ci/env && cargo xtask dev $(DSN)

bench: export RUSTC_WORKSPACE_WRAPPER := # Clippy compiles without optimising MIR.
bench: ## ratios to named peers, measured in one run
	.ci/setup bench
	. .ci/env && cargo xtask build release
	. .ci/env && cargo bench --quiet -p plan -p engine -p history -p server --no-run # the same packages each time, or cargo builds all of them again
	. .ci/env && for bench in parse cost statements layout locks ranking regressions advice bloat tables suggestions store start many_tables pgbench; do cargo bench --quiet -p plan -p engine -p history -p server --bench $$bench; done
	. .ci/env && cargo build --quiet --release -p plan --example time
	npm install --no-save --silent --no-audit --no-fund --prefix target/tools/npm pev2@1.21.0 vue@3 @dagrejs/dagre@3.1.3 elkjs@0.12.1
	. .ci/env && cd end2end && npx playwright test --config bench/playwright.config.ts

release: ## one stripped binary with all assets inside, the list of its parts (CycloneDX) and their checksums
	.ci/setup release
	. .ci/env && cargo xtask release
	@cd target/release && sha256sum pgdeck pgdeck.cdx.json | tee pgdeck.sha256
