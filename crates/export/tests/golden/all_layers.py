"""all: Every layer that there is.

Needs PyTorch, safetensors, and model.safetensors beside this file:

    import model
    network = model.load()
    probabilities = network(model.normalize(pixels))
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn


def build():
    """The network with random weights. A layer's place is its name in the weights: `0.weight`."""
    return nn.Sequential(
        nn.Conv2d(1, 5, kernel_size=5, stride=2, padding=1),    # 0: 5 x 13 x 13
        nn.BatchNorm2d(5, eps=0.001, momentum=0.2),             # 1: 5 x 13 x 13
        nn.ReLU(),                                              # 2: 5 x 13 x 13
        nn.MaxPool2d(kernel_size=3, stride=2),                  # 3: 5 x 6 x 6
        nn.Conv2d(5, 6, kernel_size=3, padding=2, bias=False),  # 4: 6 x 8 x 8
        nn.Tanh(),                                              # 5: 6 x 8 x 8
        nn.AvgPool2d(kernel_size=3, stride=1),                  # 6: 6 x 6 x 6
        nn.BatchNorm2d(6),                                      # 7: 6 x 6 x 6
        nn.MaxPool2d(kernel_size=2),                            # 8: 6 x 3 x 3
        nn.Sigmoid(),                                           # 9: 6 x 3 x 3
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),   # 10: 6
        nn.Flatten(),                                           # 11: 6
        nn.Linear(6, 7, bias=False),                            # 12: 7
        nn.BatchNorm1d(7),                                      # 13: 7
        nn.LeakyReLU(negative_slope=0.2),                       # 14: 7
        nn.Dropout(p=0.25),                                     # 15: 7
        nn.Linear(7, 10),                                       # 16: 10
        nn.Softplus(),                                          # 17: 10
        nn.Softmax(dim=1),                                      # 18: 10
    )


def normalize(pixels):
    """The network's inputs from pixel values, 0 (black) to 255 (white), bytes or floats: [N, 1, 28, 28]."""
    return (pixels.float() / 255 - 0.25) / 0.5


def load(file=Path(__file__).with_name("model.safetensors")):
    """The trained network in evaluation mode."""
    network = build()
    network.load_state_dict(load_file(file), strict=True)
    return network.eval()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: model.py IMAGES LABELS, MNIST's t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, unpacked")
    network = load()
    # IDX files begin with 16 bytes before images and 8 before labels.
    images, labels = (torch.frombuffer(bytearray(Path(file).read_bytes()), dtype=torch.uint8) for file in sys.argv[1:])
    images, labels = images[16:].reshape(-1, 1, 28, 28), labels[8:]
    with torch.no_grad():
        answers = torch.cat([network(normalize(part)).argmax(1) for part in images.split(1000)])
    print(f"{int((answers == labels).sum())} of {len(labels)} images correct")
