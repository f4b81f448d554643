"""Writes a GGUF model as safetensors with its tokenizer and chat template, once: what vLLM on a CPU can load.

Runs where scripts/vllm-cpu installs: `.venv-vllm/bin/python scripts/gguf_to_safetensors.py GGUF FOLDER`.
"""

import argparse
import json
from pathlib import Path


def convert(gguf: Path, folder: Path) -> None:
    """Dequantizes `gguf` into `folder` (bfloat16); a folder that is complete is left alone."""
    done = folder / "converted.json"
    source = {"gguf": gguf.name, "size": gguf.stat().st_size}
    if done.exists() and json.loads(done.read_text(encoding="utf-8")) == source:
        return
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    done.write_text(json.dumps(source), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    convert(arguments.gguf.resolve(), arguments.folder)
    print(arguments.folder)


if __name__ == "__main__":
    main()
