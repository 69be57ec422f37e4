"""Times PyTorch's training steps of a gradbook network on the CPU, and prints one JSON object.

    python pytorch.py ../crates/run/networks/classic.toml --data DIR --mode channels_last [--threads 2] [--steps 50]

DIR holds the four original MNIST files, unpacked. One batch of real images is ready in memory: no data loader, no
augmentation, only training steps are timed. After a warm-up come five repetitions of --steps steps, each reported as
seconds per epoch of 60,000 images. The optimizer is PyTorch's fused one, and denormals are flushed.

A mode names the differences from plain f32 in eager execution: channels_last (the layout of tensors), compile
(torch.compile), bf16 (autocast to bfloat16), joined by underscores.
"""
import argparse
import itertools
import json
import statistics
import sys
import time

import torch

from torch_network import (EPOCH_IMAGES, build_loss, build_module, build_optimizer, flush_denormals, peak_rss_bytes,
                           read_description, read_images)

PARTS = [("", "bf16"), ("", "compile"), ("", "channels_last")]
MODES = ["_".join(filter(None, parts)) or "eager" for parts in itertools.product(*PARTS)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", help="a description, as in crates/run/networks")
    parser.add_argument("--data", required=True)
    parser.add_argument("--mode", required=True, choices=MODES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--warm-up", type=int, help="steps before; by default 10, and 30 with compile")
    arguments = parser.parse_args()
    flush_denormals()
    torch.manual_seed(1)
    torch.set_num_threads(arguments.threads)

    description = read_description(arguments.network)
    batch = description["train"]["batch"]
    images, labels = read_images(arguments.data, "train", description, batch)
    module = build_module(description).train()
    if "channels_last" in arguments.mode:
        module = module.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    # With fullgraph, what cannot be compiled is an error and not quietly left as it is.
    forward = torch.compile(module, fullgraph=True) if "compile" in arguments.mode else module
    loss_of, optimizer = build_loss(description), build_optimizer(description, module)

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled="bf16" in arguments.mode):
            loss = loss_of(forward(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    def repetition():
        start = time.perf_counter()
        for _ in range(arguments.steps):
            step()
        return (time.perf_counter() - start) / (arguments.steps * batch) * EPOCH_IMAGES

    warm_up = arguments.warm_up or (30 if "compile" in arguments.mode else 10)
    try:
        for _ in range(warm_up):
            step()
        repetitions = [repetition() for _ in range(arguments.repetitions)]
        loss = step().item()
    except Exception as error:
        sys.exit(f"PyTorch {torch.__version__} cannot train {arguments.network} in mode {arguments.mode}: "
                 f"{type(error).__name__}: {error}")
    if not loss < float("inf"):
        sys.exit(f"mode {arguments.mode}: the loss became {loss}, so the timings mean nothing")
    print(json.dumps({
        "program": "PyTorch",
        "version": torch.__version__,
        "mode": arguments.mode,
        "network": arguments.network,
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "batch": batch,
        "threads": arguments.threads,
        "steps": arguments.steps,
        "loss": loss,
        "repetitions": repetitions,
        "seconds_per_epoch": statistics.median(repetitions),
        "peak_rss_bytes": peak_rss_bytes(),
    }))


main()
