#!/usr/bin/env python3
"""Makes cases of whole chains, from an image's bytes to S2's output, with Pillow and the original's formulas; or
checks some.

A case is one of tests/golden with more keys (tests/chains/README.md). Pillow resizes bytes; what has no bytes, S2's
own two interpolations among it, is done here in double precision, as docs/semantics.md has it."""

import argparse
import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, __version__

from maps import NORMALIZATIONS, antialiased, bicubic, normalize, pad_square, resize, tile
from merge import merge

Case = dict[str, Any]
Arrays = dict[str, np.ndarray]

FILTERS = {
    "bicubic_antialiased": Image.Resampling.BICUBIC,
    "bilinear_antialiased": Image.Resampling.BILINEAR,
    "lanczos3": Image.Resampling.LANCZOS,
}

# ---- The chain ---------------------------------------------------------------------------------------------------


def resize_pixels(image: np.ndarray, size: tuple[int, int], kind: str, rounding: str) -> np.ndarray:
    """Of bytes, height x width x 3; to 3 x height x width, still from 0 to 255."""
    if rounding != "none":
        small = Image.fromarray(image).resize((size[1], size[0]), FILTERS[kind])
        return np.asarray(small).transpose(2, 0, 1).astype(np.float64)
    planes = image.transpose(2, 0, 1).astype(np.float64)
    maps = bicubic if kind == "bicubic" else lambda count, out: antialiased(kind, count, out)
    return resize(planes, size, maps)


def scale_images(case: Case, image: np.ndarray) -> list[np.ndarray]:
    """What each scale is cut from, ahead of S2's second interpolation."""
    sizes = [tuple(s) for s in case["img_sizes"]]
    if case.get("pad_square"):
        image = pad_square(image, case["pad_square"])
    if not case.get("first_size"):
        return [normalize(resize_pixels(image, s, case["filter"], case["rounding"]), case["normalization"])
            for s in sizes]
    first = resize_pixels(image, tuple(case["first_size"]), case["first_filter"], case["rounding"])
    first = normalize(first, case["normalization"])
    maps = bicubic if case["filter"] == "bicubic" else lambda count, out: antialiased(case["filter"], count, out)
    return [resize(first, s, maps) for s in sizes]


def fill_in(case: Case, image: np.ndarray, features: list[np.ndarray] | None, seed: int) -> Arrays:
    tiles = [tile(i, case["max_split_size"]) for i in scale_images(case, image)]
    if features is None:
        rng = np.random.default_rng(seed)
        tokens = (case["max_split_size"] // case["patch"]) ** 2 + case["num_prefix_token"]
        shape = (tokens, case["feature_channels"])
        features = [rng.uniform(-1, 1, (len(t), *shape)).astype(np.float32) for t in tiles]
    arrays = {"input": image, "output": merge(case, features)}
    for i, (t, f) in enumerate(zip(tiles, features)):
        arrays[f"tiles_{i}"], arrays[f"features_{i}"] = t, f
    return arrays


# ---- Pictures and random cases -----------------------------------------------------------------------------------


def picture(kind: str, height: int, width: int, seed: int) -> np.ndarray:
    """A page, black strokes on white; a screen, flat areas with sharp edges; a photograph, waves and some noise; or
    noise."""
    rng, rand = np.random.default_rng(seed), random.Random(seed)
    if kind == "noise":
        return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if kind == "photograph":
        y, x = np.mgrid[0:height, 0:width]
        waves = [np.sin(x / rand.uniform(5, 40) + y / rand.uniform(5, 40) + c) for c in range(3)]
        return np.clip(128 + 90 * np.stack(waves, -1) + rng.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)
    image = Image.new("RGB", (width, height), "white" if kind == "page" else (30, 40, 60))
    draw = ImageDraw.Draw(image)
    for _ in range(max(4, height * width // 150)):
        x, y = rand.randrange(width), rand.randrange(height)
        if kind == "page":
            draw.line((x, y, x + rand.randrange(-4, 5), y + rand.randrange(-6, 7)), fill="black", width=1)
        else:
            colour = tuple(rand.choice((0, 255, rand.randrange(256))) for _ in range(3))
            draw.rectangle((x, y, x + rand.randrange(1, 20), y + rand.randrange(1, 12)), fill=colour)
    return np.asarray(image)


def random_order(rand: random.Random, case: Case) -> Case:
    """What the output has besides, or in place of, the grid row by row."""
    whole = all(s % case["max_split_size"] == 0 for s in case["img_sizes"][-1])
    order: Case = {"output_repeat": rand.choice((1, 1, 1, 3)), "output_by_columns": rand.random() < 0.2}
    if case["num_prefix_token"]:
        order |= {"prefix_tokens": rand.choice(("mean", "tiles")), "prefix_only": rand.random() < 0.3}
        order["output_by_columns"] &= not order["prefix_only"]
        return order
    order["output_downsample"] = rand.choice((1, 1, 2, 3))
    if whole and case["resize_output_to_idx"] == -1 and rand.random() < 0.5:
        order |= {"output_blocks": True, "output_blocks_idx": -1}
    return order


def random_case(name: str, seed: int) -> tuple[Case, np.ndarray]:
    rand = random.Random(seed)
    side = rand.choice((14, 28, 42))
    height, width = (rand.choice((rand.randrange(1, 40), rand.randrange(20, 400))) for _ in range(2))
    rounding = rand.choice(("bytes", "bytes", "bytes", "none"))
    if int(__version__.split(".")[0]) >= 13 and rounding == "bytes":
        rounding = "bytes_pillow_13"
    kind = rand.choice(("bicubic_antialiased", "bicubic_antialiased", "bilinear_antialiased", "lanczos3"))
    sizes = [[side * k, side * k] for k in range(1, rand.randrange(2, 5))]
    if rand.random() < 0.5:
        sizes[-1] = [rand.randrange(1, 5 * side), rand.randrange(1, 5 * side)]
    case: Case = {
        "name": name, "variant": "seed", "input_format": "rgb8", "input_shape": [1, 3, height, width],
        "given": {"img_sizes": sizes}, "split_mode": "resize", "num_prefix_token": rand.choice((0, 0, 1)),
        "output_shape": "bnc", "split_forward": False, "feature_channels": 6, "patch": 14, "dtype": "f32", "seed": seed,
        "img_sizes": sizes, "max_split_size": side, "resize_output_to_idx": rand.choice((0, -1)),
        "normalization": rand.choice(list(NORMALIZATIONS)), "filter": kind, "rounding": rounding,
    }
    if rand.random() < 0.5:
        first = [rand.randrange(1, 200), rand.randrange(1, 200)] if rand.random() < 0.5 else sizes[-1]
        case |= {"first_size": first, "first_filter": kind, "filter": "bicubic"}
    if rand.random() < 0.4:
        case["pad_square"] = [rand.randrange(256) for _ in range(3)]
    case |= random_order(rand, case)
    image = picture(rand.choice(("page", "screen", "photograph", "noise")), height, width, seed)
    return case, image


# ---- Files -------------------------------------------------------------------------------------------------------


def write(folder: Path, case: Case, arrays: Arrays) -> None:
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array))
    shapes = {
        "tile_shapes": [list(arrays[f"tiles_{i}"].shape) for i in range(len(case["img_sizes"]))],
        "feature_shapes": [list(arrays[f"features_{i}"].shape) for i in range(len(case["img_sizes"]))],
        "output_tensor_shape": list(arrays["output"].shape),
    }
    (folder / "case.json").write_text(json.dumps({**case, **shapes}, indent=1))


def check(folder: Path) -> bool:
    case = json.loads((folder / "case.json").read_text())
    features = [np.load(folder / f"features_{i}.npy") for i in range(len(case["img_sizes"]))]
    arrays = fill_in(case, np.load(folder / "input.npy"), features, 0)
    worst = max(float(np.abs(a.astype(float) - np.load(folder / f"{n}.npy")).max()) for n, a in arrays.items())
    print(f"{folder.name:<24} by up to {worst:.2g}")
    return worst <= 1e-5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of cases")
    parser.add_argument("--random", type=int, metavar="N", help="make N cases of random sizes there")
    parser.add_argument("--seed", type=int, default=0, help="of the first one (default: 0)")
    arguments = parser.parse_args()
    print(f"Pillow {__version__}", file=sys.stderr)
    if arguments.random is None:
        cases = [f.parent for f in sorted(arguments.folder.glob("*/case.json"))
            if "input_format" in json.loads(f.read_text())]
        return 0 if cases and all([check(folder) for folder in cases]) else 1
    for seed in range(arguments.seed, arguments.seed + arguments.random):
        case, image = random_case(f"random_{seed}", seed)
        write(arguments.folder / case["name"], case, fill_in(case, image, None, seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
