# Every target does its own set-up; see .ci/setup for what that is.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: demo test dev bench release lint unit browser

demo: ## a live cluster with every trouble, in the browser
	.ci/setup demo
	.ci/build dev
	exec target/debug/pgdeck demo

test: ## everything: lints, unit, live, fault and browser tests
	.ci/setup test
	.ci/build dev
	$(MAKE) --no-print-directory lint unit browser

lint:
	. .ci/env && cargo fmt --all --check
	. .ci/env && rustfmt --check --edition 2024 $$(git ls-files '*/rules/*.rs') # declared by a macro: cargo fmt does not find them
	. .ci/env && cargo clippy --quiet --all-targets -- -D warnings
	. .ci/env && cargo clippy --quiet -p hydrate --profile wasm-dev --target wasm32-unknown-unknown -- -D warnings

unit: ## cargo's tests, those against real servers included
	. .ci/env && if command -v cargo-nextest >/dev/null; then cargo nextest run --no-fail-fast; else cargo test --no-fail-fast; fi

browser: ## Playwright in Chromium, with and without JavaScript
	. .ci/env && cd end2end && npx playwright test

dev: ## rebuild and reload on every change (pass servers as DSN=…)
	.ci/setup dev
	. .ci/env && CARGO_PROFILE_WASM_DEV_DEBUG_ASSERTIONS=true cargo leptos watch --split -- serve $(DSN) # both halves mark views, or neither

bench: ## ratios against named peers, measured in one run
	.ci/setup bench
	.ci/build release
	. .ci/env && cargo bench --quiet -p plan -p engine -p server --no-run # the same packages each time, or all is built anew
	. .ci/env && for bench in parse cost layout locks start; do cargo bench --quiet -p plan -p engine -p server --bench $$bench; done
	. .ci/env && cargo build --quiet --release -p plan --example time
	npm install --no-save --silent --no-audit --no-fund --prefix target/tools/npm pev2@1.21.0 vue@3 @dagrejs/dagre@3.1.3 elkjs@0.12.1
	. .ci/env && cd end2end && npx playwright test --config bench/playwright.config.ts

release: ## one stripped binary with all assets inside
	.ci/setup release
	.ci/build release
	@ls -l target/release/pgdeck
