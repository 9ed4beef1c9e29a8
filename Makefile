# Nuthatch: `make` lists what there is.
PORT ?= 6379
.DEFAULT_GOAL := help
.PHONY: help demo module server test bench fmt lint clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: module ## Start Valkey with the module, load 3,000 packages and search them (a few minutes to build, once)
	@.venv/bin/python python/demo.py

module: ## Build the module for Valkey and Redis: target/release/libnuthatch.so
	@.ci/module

server: module ## Run Valkey with the module in the foreground: make server PORT=6379
	@.ci/server $(PORT)

test: ## Run every test, on real servers too
	@.ci/test

bench: ## Run the benchmarks
	@.ci/bench

fmt: ## Format the Rust code
	cargo fmt --all

lint: ## Check format and lints
	@.ci/lint

clean: ## Remove everything that was built or installed here
	rm -rf target .venv
