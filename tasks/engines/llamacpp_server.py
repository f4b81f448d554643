"""The embedded model's server, xllamacpp's own OpenAI-compatible one: a program, run by path in its own process."""

# A compiled module without stubs:
# pyright: reportAttributeAccessIssue=false

import argparse
import signal

import xllamacpp


def main() -> None:
    """Loads the model, says where it listens, and stays until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--context", type=int, required=True, help="tokens per slot")
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--gpu-layers", type=int, default=0)
    arguments = parser.parse_args()

    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    # The cache is divided among the slots; unified, one long request could starve the others.
    params.n_parallel = arguments.slots
    params.n_ctx = arguments.context * arguments.slots
    params.kv_unified = False
    params.cpuparams.n_threads = arguments.threads
    params.cpuparams_batch.n_threads = arguments.threads
    params.n_gpu_layers = arguments.gpu_layers
    # What is asked for is what is run: nothing is made smaller to fit, no text is shifted out, no second cache in RAM.
    params.fit_params = False
    params.ctx_shift = False
    params.cache_ram_mib = 0
    # Thinking stays in the text: one place splits it, for every engine alike.
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    params.n_threads_http = arguments.slots + 4
    params.ui = False
    params.verbosity = 1
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", flush=True)  # noqa: T201
    signal.pause()


if __name__ == "__main__":
    main()
