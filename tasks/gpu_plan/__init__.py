"""What a model takes of a GPU, from its config.json alone: weights, KV cache, context, requests at once, flags."""

from tasks.gpu_plan.cache import Cache, fitting, layer_bytes, longest, request_blocks, token_bytes
from tasks.gpu_plan.fit import Fit, Setting, Work, fit, seconds, smallest_split
from tasks.gpu_plan.gpus import GIB, GPUS, Gpu, gpu
from tasks.gpu_plan.shape import Shape, read_shape, shape_of
from tasks.gpu_plan.weights import Weights, weights

__all__ = [
    "GIB", "GPUS", "Cache", "Fit", "Gpu", "Setting", "Shape", "Weights", "Work", "fit", "fitting", "gpu",
    "layer_bytes", "longest", "read_shape", "request_blocks", "seconds", "shape_of", "smallest_split", "token_bytes",
    "weights",
]  # fmt: skip
