#!/usr/bin/env bash
# Unpacks on a GPU host what stage.sh packed:  benchmarks/gpu/install.sh STAGED [FOLDER, else /tmp/gpu]
#
#   FOLDER/vllm         vLLM and what it needs       PYTHONPATH=FOLDER/vllm python3 -m vllm…
#   FOLDER/babelgate    Babelgate's dependencies     PYTHONPATH=$PWD:FOLDER/babelgate python3 -m flows.cli …
#   FOLDER/model        a model of the shape of Qwen2.5-7B: config and tokenizer, for dummy weights
#   FOLDER/moe          a small mixture of experts, likewise
set -euo pipefail
staged=${1:?usage: install.sh STAGED [FOLDER]}
folder=${2:-/tmp/gpu}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder/wheels" "$folder/model" "$folder/moe"
cat "$staged"/p[0-9][0-9]/piece | tar -C "$folder/wheels" -x
for each in vllm babelgate; do
  python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade \
    --target "$folder/$each" "$folder/wheels/$each"/*.whl &
done
wait -n && wait -n
cp "$folder"/wheels/tokenizer/* "$here/qwen2.5-7b/config.json" "$here/qwen2.5-7b/chat_template.jinja" "$folder/model"
cp "$folder"/wheels/tokenizer/* "$here/moe/config.json" "$here/qwen2.5-7b/chat_template.jinja" "$folder/moe"
