"""The random changes of a recipe's [train.augment] in PyTorch, for a whole batch at once.

The same changes as in `crates/engine/src/augment.rs`, which calculates them with whole numbers; here no intermediate
result is rounded to pixel values.
"""
import math
import sys
from pathlib import Path

import torch
from torch.nn import functional

NOTHING = {"rotation_degrees": 0.0, "shift_pixels": 0.0, "scale": [1.0, 1.0], "centre_crop": {"size": 1, "p": 0.0},
           "brightness": 0.0, "contrast": 0.0, "plain_last_epochs": 0}
WHITE = 255.0


def read_augment(description):
    """All keys of [train.augment]; ends the program if there is one that is not known here."""
    spec = description["train"].get("augment", {})
    if unknown := spec.keys() - NOTHING.keys():
        sys.exit(f"train.augment: {', '.join(unknown)} is not known here; add it to {Path(__file__).name}")
    return NOTHING | spec


def augment(x, spec):
    """Randomly changed images. `x` holds square images as floats from 0 to 255, [count, 1, side, side]."""
    if any(spec[key] != NOTHING[key] for key in ("rotation_degrees", "shift_pixels", "scale", "centre_crop")):
        x = functional.grid_sample(x, random_grid(len(x), x.shape[-1], spec), align_corners=False)
    if spec["brightness"] > 0:
        x = (x * factors(len(x), spec["brightness"])).clamp_(0, WHITE)
    if spec["contrast"] > 0:
        x = torch.lerp(x.mean((2, 3), keepdim=True), x, factors(len(x), spec["contrast"])).clamp_(0, WHITE)
    return x


def random_grid(count, side, spec):
    """Where each target pixel comes from, [count, side, side, 2], in grid_sample's coordinates (-1 to 1, 0 the centre).

        source = zoom R(-θ) (target - shift),  zoom = 1 / scale, times crop / side for cropped images

    So each coordinate is the sum of a term of the target's column and one of its row. Added up by broadcasting, that
    takes a seventh of the time of `affine_grid`, with `grid_sample` after both a quarter (128 images, two threads).
    """
    crop = spec["centre_crop"]
    angle = uniform(count, -spec["rotation_degrees"], spec["rotation_degrees"]) * (math.pi / 180)
    zoom = torch.where(torch.rand(count, 1) < crop["p"], crop["size"] / side, 1.0) / uniform(count, *spec["scale"])
    cos, sin = zoom * angle.cos(), zoom * angle.sin()
    shift = 2 / side * spec["shift_pixels"]
    centres = (2 * torch.arange(side) + 1) / side - 1
    columns = torch.stack([cos, -sin], 1) * (centres - uniform(count, -shift, shift)).unsqueeze(1)
    rows = torch.stack([sin, cos], 1) * (centres - uniform(count, -shift, shift)).unsqueeze(1)
    return (columns.unsqueeze(2) + rows.unsqueeze(3)).permute(0, 2, 3, 1)


def factors(count, spread):
    return uniform(count, 1 - spread, 1 + spread).view(count, 1, 1, 1)


def uniform(count, low, high):
    """Random numbers, [count, 1]."""
    return torch.rand(count, 1) * (high - low) + low
