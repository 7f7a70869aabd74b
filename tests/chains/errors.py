#!/usr/bin/env python3
"""Prints how far chains that are only nearly right are from those that models were trained with: the largest
difference of a pixel of the tiles, in steps of 255, and that of all tiles as vectors, relative to their length. See
docs/from-photograph-to-language-model.md."""

import sys

import numpy as np

import make

SIDE, SIZES = 28, [[28, 28], [56, 56], [84, 84]]


def tiles(case: make.Case, image: np.ndarray) -> np.ndarray:
    std = np.array(make.NORMALIZATIONS[case["normalization"]][1])[:, None, None]
    images = make.scale_images(case, image)
    return np.concatenate([(make.tile(i, SIDE) * std * 255).ravel() for i in images])


def main() -> int:
    base = {"img_sizes": SIZES, "max_split_size": SIDE, "normalization": "clip"}
    nvila = {**base, "filter": "bicubic_antialiased", "rounding": "bytes"}
    llava = {**base, "filter": "bicubic", "rounding": "bytes", "first_size": [84, 84],
        "first_filter": "bicubic_antialiased"}
    rows = [
        ("NVILA, without rounding", nvila, {**nvila, "rounding": "none"}),
        ("NVILA, bilinear", nvila, {**nvila, "filter": "bilinear_antialiased"}),
        ("NVILA, not antialiased", nvila, {**nvila, "filter": "bicubic", "rounding": "none"}),
        ("LLaVA, without rounding", llava, {**llava, "rounding": "none"}),
        ("LLaVA, each scale from the image", llava, nvila),
        ("LLaVA, antialiased from the first size", llava, {**llava, "filter": "bicubic_antialiased"}),
    ]
    print(f"{'chain':<40} {'page':>14} {'screen':>14} {'photograph':>14}")
    for name, right, near in rows:
        cells = []
        for kind in ("page", "screen", "photograph"):
            image = make.picture(kind, 400, 300, 5)
            a, b = tiles(right, image), tiles(near, image)
            cells.append(f"{np.abs(a - b).max():7.1f} {100 * np.linalg.norm(a - b) / np.linalg.norm(a):5.1f} %")
        print(f"{name:<40} " + " ".join(f"{c:>14}" for c in cells))
    return 0


if __name__ == "__main__":
    sys.exit(main())
