"""Seconds that PyTorch needs for one epoch of the network `classic` on the CPU, at its best in f32.

The whole training set lies in memory as one tensor, there is no data loader, memory format is channels_last, and
nothing is augmented: only the training step is timed. Prints one number, the median of five repetitions of ten
steps after ten steps of warm-up, scaled to 60,000 images.

    python pytorch_classic.py --data DIR [--threads 2]

DIR holds the four original MNIST files, unpacked.
"""
import argparse
import statistics
import time

import numpy
import torch
from torch import nn
from torch.nn.functional import cross_entropy

BATCH, CHANNELS, REPETITIONS, STEPS = 128, 16, 5, 10


def convolution(inputs):
    return [nn.Conv2d(inputs, CHANNELS, 3, padding=1), nn.BatchNorm2d(CHANNELS), nn.ReLU()]


def classic():
    blocks = []
    for number, dropout in enumerate([0.1, 0.1, None]):
        blocks += convolution(CHANNELS if number else 1) + convolution(CHANNELS) + [nn.MaxPool2d(2)]
        blocks += [nn.Dropout(dropout)] if dropout else []
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    for inputs, outputs in [(CHANNELS, 100), (100, 50)]:
        head += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU()]
    return nn.Sequential(*blocks, *head, nn.Linear(50, 10))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--threads", type=int, default=2)
    arguments = arguments.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(arguments.threads)

    pixels = numpy.fromfile(f"{arguments.data}/train-images-idx3-ubyte", numpy.uint8)[16:].reshape(-1, 1, 28, 28)
    labels = numpy.fromfile(f"{arguments.data}/train-labels-idx1-ubyte", numpy.uint8)[8:]
    x = (torch.from_numpy(pixels[:BATCH]).float() / 255 - 0.1307) / 0.3081
    x, y = x.contiguous(memory_format=torch.channels_last), torch.from_numpy(labels[:BATCH]).long()
    network = classic().to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)

    def steps(count):
        start = time.perf_counter()
        for _ in range(count):
            loss = cross_entropy(network(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return (time.perf_counter() - start) / count

    steps(10)
    print(statistics.median(steps(STEPS) for _ in range(REPETITIONS)) * len(labels) / BATCH)


main()
