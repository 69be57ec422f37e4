"""Trains a gradbook recipe in PyTorch on the CPU, as fast as PyTorch can, and prints one JSON object.

    python pytorch_recipe.py ../crates/run/networks/swift.toml --data DIR --mode channels_last [--threads 2] [--seed 1]

DIR holds the four original MNIST files, unpacked. Everything is in memory: a batch is chosen, changed at random and
normalised by a few operations on all its images, without data loader or image objects. Each epoch is followed by an
evaluation on the 10,000 test images. `seconds` is the time of all epochs with their evaluations. The time before that is
reported separately: importing PyTorch, preparing (reading files, building the module), and a warm-up, in which
compilation happens and whose effect on the model is undone.

--first-epochs N trains only the first N of the recipe's epochs; `seconds` is then their time, multiplied.
A mode is one of pytorch.py's, in f32. It says how training is done; evaluation is compiled in every mode, which takes
half the time of eager execution.
"""
import time

STARTED = time.perf_counter()  # importing PyTorch takes seconds, which are reported

import argparse
import json
import statistics
import sys

import torch

from torch_augment import augment, read_augment
from torch_network import (build_loss, build_module, build_optimizer, build_schedule, flush_denormals, normalised,
                           peak_rss_bytes, read_description, read_pixels)

IMPORTED = time.perf_counter()
MODES = ["eager", "channels_last", "compile", "compile_channels_last"]
TRAIN_KEYS = {"epochs", "batch", "optimizer", "schedule", "augment", "normalize"}
EVALUATION_BATCH = 500
WARM_UP_STEPS = 10


class Training:
    """A recipe's module, data, and the pieces of an epoch."""

    def __init__(self, description, data, mode):
        self.description = description
        self.spec = read_augment(description)
        self.batch = description["train"]["batch"]
        self.pixels, self.labels = read_pixels(data, "train")
        self.test_pixels, self.test_labels = read_pixels(data, "t10k")
        self.steps_per_epoch = -(-len(self.pixels) // self.batch)
        self.module = build_module(description)
        if "channels_last" in mode:
            self.module = self.module.to(memory_format=torch.channels_last)
        loss_of = build_loss(description)
        # Each size of batch is compiled for itself. With fullgraph, what cannot be compiled is an error.
        options = {"fullgraph": True, "dynamic": False}
        self.forward = torch.compile(self.module, **options)
        self.loss = lambda x, labels: loss_of(self.module(x), labels)
        if "compile" in mode:
            self.loss = torch.compile(self.loss, **options)

    def warm_up(self):
        """Does everything once or more that an epoch does, and then takes the module back to where it was."""
        self.module.train()
        state = {name: tensor.clone() for name, tensor in self.module.state_dict().items()}
        optimizer = build_optimizer(self.description, self.module)
        last = len(self.pixels) % self.batch or self.batch
        for size in [self.batch] * WARM_UP_STEPS + [last]:
            self.step(torch.randperm(len(self.pixels))[:size], optimizer, plain=False)
        self.evaluate()
        self.module.load_state_dict(state)

    def epoch(self, optimizer, after_batch, plain):
        """One pass over the training images in random order; gives their mean loss."""
        self.module.train()
        total = torch.zeros(())
        for numbers in torch.randperm(len(self.pixels)).split(self.batch):
            total += self.step(numbers, optimizer, plain) * len(numbers)
            after_batch()
        return total.item() / len(self.pixels)

    def step(self, numbers, optimizer, plain):
        """One step on the images with these numbers; gives the loss."""
        x = self.pixels.index_select(0, numbers).float()
        x = normalised(x if plain else augment(x, self.spec), self.description)
        loss = self.loss(x, self.labels.index_select(0, numbers))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    @torch.no_grad()
    def evaluate(self):
        """The part of the test images that the module classifies correctly."""
        self.module.eval()
        correct = 0
        for pixels, labels in zip(self.test_pixels.split(EVALUATION_BATCH), self.test_labels.split(EVALUATION_BATCH)):
            a = self.forward(normalised(pixels.float(), self.description))
            correct += (a.argmax(1) == labels).sum()
        return correct.item() / len(self.test_labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", help="a description, as in crates/run/networks")
    parser.add_argument("--data", required=True)
    parser.add_argument("--mode", required=True, choices=MODES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="in place of the recipe's")
    parser.add_argument("--first-epochs", type=int, help="train these alone, and multiply")
    arguments = parser.parse_args()
    flush_denormals()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)

    preparing = time.perf_counter()
    description = read_description(arguments.recipe)
    if unknown := ({"init"} & description.keys()) | (description["train"].keys() - TRAIN_KEYS):
        sys.exit(f"{arguments.recipe}: {', '.join(unknown)} is not known here, so this would be another training")
    epochs = arguments.epochs or description["train"]["epochs"]
    trained = min(epochs, arguments.first_epochs or epochs)
    training = Training(description, arguments.data, arguments.mode)
    warming_up = time.perf_counter()
    training.warm_up()

    started = time.perf_counter()
    optimizer = build_optimizer(description, training.module)
    after_batch, after_epoch = build_schedule(description, optimizer, epochs, training.steps_per_epoch)
    losses, accuracies, evaluation_seconds, ends = [], [], [], [started]
    for epoch in range(1, trained + 1):
        plain = epoch + training.spec["plain_last_epochs"] > epochs
        losses.append(training.epoch(optimizer, after_batch, plain))
        after_epoch(losses[-1])
        evaluating = time.perf_counter()
        accuracies.append(training.evaluate())
        ends.append(time.perf_counter())
        evaluation_seconds.append(ends[-1] - evaluating)
    seconds = (ends[-1] - started) * epochs / trained
    if not losses[-1] < float("inf"):
        sys.exit(f"mode {arguments.mode}: the loss became {losses[-1]}, so the timings mean nothing")
    print(json.dumps({
        "program": "PyTorch",
        "version": torch.__version__,
        "mode": arguments.mode,
        "recipe": arguments.recipe,
        "parameters": sum(parameter.numel() for parameter in training.module.parameters()),
        "threads": arguments.threads,
        "seed": arguments.seed,
        "epochs": epochs,
        "epochs_trained": trained,
        "seconds": seconds,
        "seconds_per_epoch": seconds / epochs,
        "epoch_seconds": [end - start for start, end in zip(ends, ends[1:])],
        "evaluation_seconds": statistics.median(evaluation_seconds),
        "losses": losses,
        "accuracies": accuracies,
        "accuracy": accuracies[-1],
        "import_seconds": IMPORTED - STARTED,
        "prepare_seconds": warming_up - preparing,
        "warm_up_seconds": started - warming_up,
        "peak_rss_bytes": peak_rss_bytes(),
    }))


main()
