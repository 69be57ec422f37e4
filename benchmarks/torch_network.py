"""A gradbook description (TOML) as PyTorch: its module, loss, optimizer, schedule and images, for the programs beside
this file.

Layers, defaults and tensor names are those of `crates/engine/src/spec.rs`. Parameters are initialised as in PyTorch, which
is also the engine's default. Random changes of images are in `torch_augment.py`.
"""
import sys
import tomllib
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional

EPOCH_IMAGES = 60_000
REQUIRED = object()


def read_description(path):
    """The tables of a description; ends the program if it has no [train] table."""
    with open(path, "rb") as file:
        description = tomllib.load(file)
    if "train" not in description:
        sys.exit(f"{path}: a [train] table is needed; networks of lessons cannot be timed")
    return description


def build_module(description):
    """`nn.Sequential` with one module a layer, so that `3.weight` is the weight of layer 3."""
    module = nn.Sequential()
    x = torch.zeros(1, *description["input"])  # only its shape matters: it tells each layer its number of inputs
    for number, layer in enumerate(description["layers"]):
        module.append(build_layer(f"layer {number}", dict(layer), x.shape[1:]))
        with torch.no_grad():
            x = module[-1].eval()(x)
    return module


def build_layer(place, layer, shape):
    """The module of one layer for inputs of `shape`, [features] or [channels, height, width]."""
    kind = layer.pop("type")

    def take(key, default=REQUIRED):
        if default is REQUIRED and key not in layer:
            sys.exit(f"{place} ({kind}): {key} is missing")
        return layer.pop(key, default)

    match kind:
        case "linear":
            built = nn.Linear(shape[0], take("out_features"), bias=take("bias", True))
        case "conv2d":
            built = nn.Conv2d(shape[0], take("out_channels"), take("kernel_size"), stride=take("stride", 1),
                              padding=take("padding", 0), bias=take("bias", True))
        case "batch_norm":
            norm = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
            built = norm(shape[0], eps=take("eps", 1e-5), momentum=take("momentum", 0.1))
        case "relu":
            built = nn.ReLU()
        case "sigmoid":
            built = nn.Sigmoid()
        case "tanh":
            built = nn.Tanh()
        case "softmax":
            built = nn.Softmax(dim=1)
        case "dropout":
            built = nn.Dropout(take("p"))
        case "max_pool":
            built = nn.MaxPool2d(take("kernel_size"), stride=take("stride", None))
        case "avg_pool":
            built = nn.AvgPool2d(take("kernel_size"), stride=take("stride", None))
        case "global_avg_pool":
            built = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        case "flatten":
            built = nn.Flatten()
        case _:
            sys.exit(f"{place}: type {kind} is not known here; add it to {Path(__file__).name}")
    if layer:
        sys.exit(f"{place} ({kind}): {', '.join(layer)} is not known here; add it to {Path(__file__).name}")
    return built


def build_loss(description):
    """The mean loss of a batch as a function of the module's outputs and the labels."""
    loss = description["loss"]
    match loss["type"]:
        case "cross_entropy":
            return nn.CrossEntropyLoss(label_smoothing=loss.get("label_smoothing", 0.0))
        case "squared_error":
            return lambda a, labels: 0.5 * (one_hot(labels, a) - a).square().sum(1).mean()
        case "mean_squared_error":
            return lambda a, labels: (one_hot(labels, a) - a).square().mean()
        case other:
            sys.exit(f"loss: type {other} is not known here; add it to {Path(__file__).name}")


def one_hot(labels, outputs):
    return functional.one_hot(labels, outputs.shape[1]).to(outputs.dtype)


def build_optimizer(description, module):
    """The optimizer in its fused form, PyTorch's fastest, at the description's rate."""
    spec = dict(description["train"]["optimizer"])
    kind, decay = spec.pop("type"), spec.pop("weight_decay", None)
    excluded = spec.pop("exclude_from_weight_decay", [])
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
    if kind not in kinds:
        sys.exit(f"train.optimizer: type {kind} is not known here; add it to {Path(__file__).name}")
    decayed, plain = [], []
    for layer in module:
        for name, parameter in layer.named_parameters():
            what = "batch_norm" if isinstance(layer, nn.modules.batchnorm._BatchNorm) else name
            (plain if what in excluded else decayed).append(parameter)
    groups = [{"params": decayed} if decay is None else {"params": decayed, "weight_decay": decay},
              {"params": plain, "weight_decay": 0.0}]
    return kinds[kind]([group for group in groups if group["params"]], fused=True, **spec)


def build_schedule(description, optimizer, epochs, steps_per_epoch):
    """What is to be called after each batch, and after each epoch with its mean loss, so that the rate moves."""
    spec = dict(description["train"].get("schedule", {"type": "constant"}))
    kind = spec.pop("type")
    per = spec.pop("per", "batch" if kind in ("cyclic", "one_cycle") else "epoch")
    steps = epochs * (steps_per_epoch if per == "batch" else 1)
    rates = torch.optim.lr_scheduler
    match kind:
        case "constant":
            return lambda: None, lambda loss: None
        case "reduce_on_plateau":
            return lambda: None, rates.ReduceLROnPlateau(optimizer, **{"factor": 0.1} | spec).step
        case "step":
            scheduler = rates.StepLR(optimizer, **spec)
        case "exponential":
            scheduler = rates.ExponentialLR(optimizer, **spec)
        case "cosine":
            scheduler = rates.CosineAnnealingLR(optimizer, spec.pop("t_max", steps), **spec)
        case "cyclic":
            scheduler = rates.CyclicLR(optimizer, cycle_momentum=False, **spec)
        case "one_cycle":
            scheduler = rates.OneCycleLR(optimizer, cycle_momentum=False, **{"total_steps": steps} | spec)
        case "linear":
            scheduler = rates.LinearLR(optimizer, **spec)
        case _:
            sys.exit(f"train.schedule: type {kind} is not known here; add it to {Path(__file__).name}")
    if per == "batch":
        return scheduler.step, lambda loss: None
    return lambda: None, lambda loss: scheduler.step()


def read_pixels(folder, split, count=-1):
    """The first `count` images of a split ("train" or "t10k") as bytes, [count, 1, 28, 28], and their labels."""
    files = [Path(folder) / f"{split}-{what}-ubyte" for what in ("images-idx3", "labels-idx1")]
    for file in files:
        if not file.is_file():
            sys.exit(f"{file} is missing; the folder must hold MNIST's four files, unpacked")
    # IDX files begin with 16 bytes before images and 8 before labels.
    pixels = numpy.fromfile(files[0], numpy.uint8, max(-1, count * 28 * 28), offset=16).reshape(-1, 1, 28, 28)
    labels = numpy.fromfile(files[1], numpy.uint8, count, offset=8)
    return torch.from_numpy(pixels), torch.from_numpy(labels).long()


def normalised(x, description):
    """Network inputs from pixels that are floats from 0 to 255. Overwrites `x`."""
    normalize = {"mean": 0.1307, "std": 0.3081} | description["train"].get("normalize", {})
    return x.mul_(1 / (255 * normalize["std"])).sub_(normalize["mean"] / normalize["std"])


def read_images(folder, split, description, count=-1):
    """As `read_pixels`, but normalised."""
    pixels, labels = read_pixels(folder, split, count)
    return normalised(pixels.float(), description), labels


def flush_denormals():
    """Numbers below 1e-38 count as 0, which some processors need for full speed.

    Threads take the setting over from the thread that starts them: to be called before anything is calculated.
    """
    if not torch.set_flush_denormal(True):
        sys.exit("this processor cannot flush denormals, so its timings would not be comparable")


def peak_rss_bytes():
    """The most memory that this process has occupied, as Linux counts it; None on other systems."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)
