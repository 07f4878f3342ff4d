.DEFAULT_GOAL := help
.PHONY: help run test train check shell bench ablation thresholds baseline fuzz format lock

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

bench:  ## measure cost, and compare with Rasa's default pipeline (an hour)
	@scripts/setup --dev && .venv/bin/python -m benchmarks.bench

ablation:  ## measure what each part of the understanding adds
	@scripts/ablation

thresholds:  ## choose the gate's thresholds from tests/cases
	@scripts/thresholds

baseline:  ## measure the cases anew and write metrics/baseline.json
	@scripts/baseline

fuzz:  ## send 100,000 made-up requests through every channel (minutes)
	@scripts/fuzz

format:  ## bring the code into the house style
	@scripts/format

lock:  ## resolve the requirements anew
	@scripts/lock
