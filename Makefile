# Nuthatch: `make` lists what there is.
PORT ?= 6379
.DEFAULT_GOAL := help
.PHONY: help demo module server wheel python leak test crash fuzz-wire tsan fuzz bench bench-vector bench-text bench-query bench-aggregate bench-cache bench-embedder bench-server soak fmt lint clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: module ## Start Valkey with the module, load 3,000 packages and search them (a few minutes to build, once)
	@.venv/bin/python python/demo.py

module: ## Build the module for Valkey and Redis: target/release/libnuthatch.so
	@.ci/module

server: module ## Run Valkey with the module in the foreground: make server PORT=6379
	@.ci/server $(PORT)

wheel: module ## Build the Python package with the module in it: target/wheels/nuthatch-….whl
	@.ci/python wheel

python: ## Build the Python package for development and run its tests and lints
	@.ci/python test

leak: ## Run a million operations from Python and look whether memory grows: make leak OPERATIONS=1000000
	@.ci/python leak $(OPERATIONS)

test: ## Run every test, on real servers too
	@.ci/test

crash: ## Kill servers at random moments and compare what is left: make crash ROUNDS=200 SEED=1
	@.ci/crash --rounds $(or $(ROUNDS),200) --seed $(or $(SEED),1)

fuzz-wire: ## Send servers any bytes as any argument: make fuzz-wire COMMANDS=1000000 SEED=1
	@.ci/fuzz-wire --commands $(or $(COMMANDS),1000000) --seed $(or $(SEED),1)

tsan: ## Run the stress tests of the vector indexes under ThreadSanitizer
	@.ci/tsan

fuzz: ## Put random bytes through everything that reads bytes: make fuzz ITERATIONS=1000000
	@.ci/fuzz

bench: ## Run the benchmarks
	@.ci/bench

bench-vector: ## Measure the vector indexes against hnswlib, faiss, usearch and hnsw_rs: make bench-vector ARGS=--quick
	@.ci/bench-vector $(ARGS)

bench-text: ## Measure the text index against tantivy: make bench-text ARGS=--quick
	@.ci/bench-text $(ARGS)

bench-query: ## Measure plans against other plans, and searches against tantivy: make bench-query ARGS=--quick
	@.ci/bench-query $(ARGS)

bench-aggregate: ## Measure aggregations against DuckDB and Polars: make bench-aggregate ARGS=--quick
	@.ci/bench-aggregate $(ARGS)

bench-cache: module ## Measure the semantic cache: hits against precision, and lookups: make bench-cache ARGS="--entries 20000"
	@.ci/python bench $(ARGS)

bench-embedder: ## Measure the embedder beside torch, which is downloaded for it (6 GB)
	@.ci/python bench-embedder

bench-server: ## Measure servers with the module and without it: make bench-server ARGS='--only plain,writes'
	@.ci/bench-server $(ARGS)

soak: ## Put a mixed load on a server and see that its memory stays: make soak MINUTES=30 SEED=1
	@.ci/bench-server soak --minutes $(or $(MINUTES),30) --seed $(or $(SEED),1)

fmt: ## Format the Rust code
	cargo fmt --all

lint: ## Check format and lints
	@.ci/lint

clean: ## Remove everything that was built or installed here
	rm -rf target .venv
