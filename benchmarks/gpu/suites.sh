#!/usr/bin/env bash
# Runs a suite of this folder on a GPU host after install.sh:  benchmarks/gpu/suites.sh SUITE.yaml [FOLDER, else /tmp/gpu]
# Prints each model's work, for how long models answered at the same moment, and how busy the GPU was.
set -euo pipefail
suite=${1:?usage: suites.sh SUITE.yaml [FOLDER]}
folder=${2:-/tmp/gpu}
# The engine drops PYTHONPATH, which is ours, not its server's.
printf '#!/bin/sh\nPYTHONPATH=%s/vllm exec python3 "$@"\n' "$folder" >"$folder/python-vllm"
chmod +x "$folder/python-vllm"
export BABELGATE_VLLM_PYTHON="$folder/python-vllm" BABELGATE_HOME="$folder/home" PYTHONPATH="$PWD:$folder/babelgate"
export HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 VLLM_USE_FLASHINFER_SAMPLER=0 DO_NOT_TRACK=1
nvidia-smi --query-gpu=timestamp,utilization.gpu --format=csv,noheader,nounits -lms 100 >"$folder/gpu.csv" &
watching=$!
trap 'kill $watching 2>/dev/null || true' EXIT
time python3 -m flows.cli run "$suite" --quiet
kill $watching
python3 -m flows.cli sql "select model_id, count(*) requests, min(created_at) first, max(created_at) last,
  sum(completion_tokens) tokens, count(*) filter (status = 'infra_error') errors from completions
  where run_id = (select run_id from v_runs order by started_at desc limit 1) group by all order by 1"
journal=$(ls -td "$folder"/home/journal/*/ | head -1)
python3 benchmarks/gpu/overlap.py "$journal" "$folder/gpu.csv"
python3 -m flows.cli sql experts
grep -h "KV cache size\|Available KV cache\|data_parallel\|tensor_parallel" "$folder"/home/logs/*.log | cut -c1-200 | sort -u | tail -20
