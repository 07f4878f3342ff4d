.DEFAULT_GOAL := help
.PHONY: help run test train check shell bench format lock baseline

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run:  ## set up, train if needed, and run Otto until Ctrl-C
	@scripts/run

test:  ## set up and run every check and test
	@scripts/test

train:  ## train a model from the files as they are
	@scripts/setup && .venv/bin/otto train

check:  ## check every answer, and that its question is understood
	@scripts/setup && .venv/bin/otto check

shell:  ## talk with Otto in the terminal
	@scripts/setup && .venv/bin/otto shell

bench:  ## measure training, start, memory and speed
	@scripts/setup --dev && .venv/bin/python benchmarks/bench.py

format:  ## bring the code into the house style
	@scripts/format

lock:  ## resolve the requirements anew
	@scripts/lock

baseline:  ## measure the cases anew and write metrics/baseline.json
	@scripts/baseline
