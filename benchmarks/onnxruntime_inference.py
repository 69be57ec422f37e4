"""Times onnxruntime's inference with the model of a gradbook run on the CPU, and prints one JSON object.

    gradbook train classic --epochs 1 --out RUN
    gradbook eval RUN --json                                             # says how many images are correct
    python onnxruntime_inference.py RUN --data DIR --correct 9810 [--threads 2]

DIR holds the four original MNIST files, unpacked. The model is loaded into PyTorch's module of the same layers and
written as ONNX with a variable batch size. If onnxruntime then gets a number of test images right that differs from
--correct, the program fails and times nothing. Images are normalised in memory beforehand. All test images are timed in
batches of each size in BATCHES; the result is the size with the smallest median of the repetitions. Single images are
timed on one thread.
"""
import argparse
import io
import json
import statistics
import sys
import time
from pathlib import Path

import numpy
import onnxruntime
import torch
from safetensors.torch import load_file

from torch_network import build_module, read_description, read_images

BATCHES = [1, 32, 128, 500, 10_000]
LATENCY_IMAGES = 2_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="a run folder with run.toml and model.safetensors")
    parser.add_argument("--data", required=True)
    parser.add_argument("--correct", type=int, required=True, help="correct test images, as `gradbook eval` says")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()

    description = read_description(Path(arguments.run) / "run.toml")
    images, labels = read_images(arguments.data, "t10k", description)
    module = build_module(description)
    module.load_state_dict(load_file(Path(arguments.run) / "model.safetensors"), strict=True)
    module.eval()
    team, alone = (onnx_session(module, images[:2], threads) for threads in (arguments.threads, 1))
    images, labels = images.numpy(), labels.numpy()

    def logits(batch, session=team):
        return session.run(None, {"images": batch})[0]

    def seconds(size):
        start = time.perf_counter()
        for first in range(0, len(images), size):
            logits(images[first:first + size])
        return time.perf_counter() - start

    found = int((logits(images).argmax(1) == labels).sum())
    if found != arguments.correct:
        sys.exit(f"{arguments.run}: onnxruntime {onnxruntime.__version__} has {found} of {len(images)} images correct, "
                 f"gradbook {arguments.correct}; the two do not compute the same, so timings would mean nothing")
    by_batch = {}
    for size in BATCHES:
        seconds(size)  # warm-up
        by_batch[size] = [seconds(size) for _ in range(arguments.repetitions)]
    batch = min(by_batch, key=lambda size: statistics.median(by_batch[size]))

    latencies = []
    for number in range(LATENCY_IMAGES):
        start = time.perf_counter_ns()
        logits(images[number:number + 1], alone)
        latencies.append((time.perf_counter_ns() - start) / 1e3)
    print(json.dumps({
        "program": "onnxruntime",
        "version": onnxruntime.__version__,
        "mode": f"batches of {batch}",
        "network": arguments.run,
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "correct": found,
        "batch": batch,
        "threads": arguments.threads,
        "repetitions": by_batch[batch],
        "repetitions_by_batch": by_batch,
        "seconds": statistics.median(by_batch[batch]),
        "latency_us_median": statistics.median(latencies),
        "latency_us_p99": float(numpy.percentile(latencies, 99)),
    }))


def onnx_session(module, example, threads):
    """The module in onnxruntime: all of its graph optimizations, denormals flushed, `threads` threads."""
    file = io.BytesIO()
    batch = {0: torch.export.Dim("batch")}
    torch.onnx.export(module, (example,), file, input_names=["images"], dynamic_shapes=(batch,), verbose=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])


main()
