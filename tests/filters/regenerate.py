#!/usr/bin/env python3
"""Resizes an image with Pillow, and with PyTorch for the filters that Pillow does not have. test_filters compares with
the results.

    python3 tests/filters/regenerate.py    # needs Pillow, numpy and PyTorch; writes beside itself
"""

import pathlib

import numpy
import torch
from PIL import Image

SIZES = [(37, 53), (74, 106), (16, 24), (5, 7), (61, 31)]
PILLOW = {"bicubic_antialiased": Image.BICUBIC, "bilinear_antialiased": Image.BILINEAR, "lanczos3": Image.LANCZOS}
TORCH = {"bicubic": "bicubic", "bilinear": "bilinear", "nearest": "nearest-exact"}

folder = pathlib.Path(__file__).parent
image = numpy.random.default_rng(7).uniform(-1, 1, (37, 53)).astype(numpy.float32)
numpy.save(folder / "input.npy", image)
for height, width in SIZES:
    for name, filter in PILLOW.items():
        resized = Image.fromarray(image, mode="F").resize((width, height), filter)
        numpy.save(folder / f"{name}_{height}x{width}.npy", numpy.asarray(resized))
    for name, mode in TORCH.items():
        tensor = torch.from_numpy(image)[None, None]
        corners = {} if name == "nearest" else {"align_corners": False}
        resized = torch.nn.functional.interpolate(tensor, (height, width), mode=mode, **corners)
        numpy.save(folder / f"{name}_{height}x{width}.npy", resized[0, 0].numpy())
