#!/usr/bin/env bash
# Runs a suite of this folder on a GPU host after install.sh:  benchmarks/gpu/suites.sh SUITE.yaml [FOLDER, else /tmp/gpu]
set -euo pipefail
suite=${1:?usage: suites.sh SUITE.yaml [FOLDER]}
folder=${2:-/tmp/gpu}
# The engine drops PYTHONPATH, which is ours, not its server's.
printf '#!/bin/sh\nPYTHONPATH=%s/vllm exec python3 "$@"\n' "$folder" >"$folder/python-vllm"
chmod +x "$folder/python-vllm"
export BABELGATE_VLLM_PYTHON="$folder/python-vllm" BABELGATE_HOME="$folder/home" PYTHONPATH="$PWD:$folder/babelgate"
export HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 VLLM_USE_FLASHINFER_SAMPLER=0 DO_NOT_TRACK=1
time python3 -m flows.cli run "$suite" --quiet
python3 -m flows.cli sql "select model_id, count(*) requests, min(created_at) first, max(created_at) last,
  sum(completion_tokens) tokens, count(*) filter (status = 'infra_error') errors from completions group by all order by 1"
grep -h "KV cache size\|Available KV cache\|data_parallel\|tensor_parallel" "$folder"/home/logs/*.log | cut -c1-200 | sort -u | tail -20
