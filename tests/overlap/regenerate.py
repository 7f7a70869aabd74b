#!/usr/bin/env python3
"""s2vk_plan_info.tile_overlap in PyTorch: unfold() cuts the tiles, and fold() sums up their features under a window.

    python3 tests/overlap/regenerate.py    # needs PyTorch and NumPy

It writes a folder per case beside itself, in the form of tests/golden.
"""

import json
import math
import pathlib

import numpy
import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).parent
CASES = {
    "tokens_resize": {"input_shape": [2, 1, 22, 30], "given": {"scales": [0.7, 1.4]}, "max_split_size": 16,
                      "tile_overlap": 8, "grid": [4, 4], "num_prefix_token": 1, "resize_output_to_idx": 1},
    "tokens_pad": {"input_shape": [1, 2, 20, 33], "given": {"img_sizes": [[12, 12], [23, 40]]}, "max_split_size": 12,
                   "tile_overlap": 4, "grid": [3, 3], "split_mode": "pad"},
    "maps_resize": {"input_shape": [1, 2, 17, 17], "given": {"img_sizes": [[30, 12], [17, 41]]}, "max_split_size": 12,
                    "tile_overlap": 3, "grid": [4, 8], "output_shape": "bchw"},
    "maps_split_grid": {"input_shape": [1, 1, 24, 24], "given": {"scales": [1, 1.75]}, "max_split_size": 12,
                        "tile_overlap": 6, "grid": [2, 6], "output_shape": "bchw", "variant": "split_grid",
                        "resize_output_to_idx": -1},
}


def tiles_for(size: int, side: int, overlap: int) -> int:
    return 1 if size <= side else math.ceil((size - overlap) / (side - overlap))


def window(tokens: int, shared: int, first: bool, last: bool) -> torch.Tensor:
    """The weights of a tile's tokens along one axis."""
    up = (torch.arange(shared, dtype=torch.float64) + 0.5) / shared
    weights = torch.ones(tokens, dtype=torch.float64)
    if not first:
        weights[:shared] = up
    if not last:
        weights[tokens - shared:] = up.flip(0)
    return weights


def windows(tiles: int, tokens: int, shared: int) -> torch.Tensor:
    return torch.stack([window(tokens, shared, i == 0, i == tiles - 1) for i in range(tiles)])


def split(image: torch.Tensor, tiles: tuple[int, int], case: dict) -> tuple[torch.Tensor, tuple[int, int]]:
    side, stride = case["max_split_size"], case["max_split_size"] - case["tile_overlap"]
    padded = tuple((n - 1) * stride + side for n in tiles)
    height, width = image.shape[2:]
    if case["split_mode"] == "pad":
        image = F.pad(image, (0, padded[1] - width, 0, padded[0] - height))
    elif padded != (height, width):
        image = F.interpolate(image, padded, mode="bicubic")
    parts = image.unfold(2, side, stride).unfold(3, side, stride)  # b, c, rows, columns, side, side
    return parts.permute(2, 3, 0, 1, 4, 5).reshape(-1, image.shape[1], side, side).contiguous(), padded


def merge(maps: torch.Tensor, tiles: tuple[int, int], case: dict) -> torch.Tensor:
    """maps: rows * columns * b, channels, height, width of all tiles."""
    rows, columns = tiles
    channels, height, width = maps.shape[1:]
    shared = [tokens * case["tile_overlap"] // case["max_split_size"] for tokens in (height, width)]
    maps = maps.double().reshape(rows, columns, -1, channels, height, width)
    maps = maps * windows(rows, height, shared[0])[:, None, None, None, :, None]
    maps = maps * windows(columns, width, shared[1])[None, :, None, None, None, :]
    size = [n * (tokens - k) + k for n, tokens, k in zip(tiles, (height, width), shared)]
    blocks = maps.permute(2, 3, 4, 5, 0, 1).reshape(maps.shape[2], channels * height * width, rows * columns)
    return F.fold(blocks, size, (height, width), stride=(height - shared[0], width - shared[1]))


def run(name: str, given: dict) -> None:
    case = {"name": name, "variant": "seed", "split_mode": "resize", "num_prefix_token": 0, "output_shape": "bnc",
            "resize_output_to_idx": 0, "split_forward": False, "dtype": "f32", **given}
    batch, channels, height, width = case["input_shape"]
    random = numpy.random.default_rng(sum(name.encode()))
    image = torch.from_numpy(random.uniform(-1, 1, case["input_shape"]).astype(numpy.float32))
    scales, side, (g_h, g_w) = case["given"].get("scales"), case["max_split_size"], case["grid"]
    sizes = [(int(height * s), int(width * s)) for s in scales] if scales else case["given"]["img_sizes"]
    prefix, grids, prefixes, arrays = case["num_prefix_token"], [], [], {"input": image}
    for i, size in enumerate(sizes):
        n = tuple(tiles_for(pixels, side, case["tile_overlap"]) for pixels in size)
        tiles, padded = split(F.interpolate(image, tuple(size), mode="bicubic"), n, case)
        bchw = case["output_shape"] == "bchw"
        shape = (len(tiles), 8, g_h, g_w) if bchw else (len(tiles), prefix + g_h * g_w, 8)
        features = torch.from_numpy(random.uniform(-1, 1, shape).astype(numpy.float32))
        maps = features if bchw else features[:, prefix:].transpose(1, 2).reshape(-1, 8, g_h, g_w)
        grid = merge(maps, n, case)
        own = [math.ceil(pixels / p * tokens) for pixels, p, tokens in zip(size, padded, grid.shape[2:])]
        if case["split_mode"] == "pad":
            grid = grid[:, :, :own[0], :own[1]]
        elif case["variant"] != "split_grid":
            grid = F.interpolate(grid, own, mode="area")
        grids.append(grid)
        prefixes.append(features[:, :prefix].double().reshape(-1, batch, prefix, 8).mean(0) if prefix else None)
        arrays |= {f"tiles_{i}": tiles, f"features_{i}": features}
    out = grids[case["resize_output_to_idx"]].shape[2:]
    output = torch.cat([F.interpolate(grid, out, mode="area") for grid in grids], dim=1)
    if case["output_shape"] == "bnc":
        output = output.flatten(2).transpose(1, 2)
        if prefix:
            output = torch.cat([torch.cat(prefixes, dim=2), output], dim=1)
    arrays["output"] = output.float()
    (FOLDER / name).mkdir(exist_ok=True)
    for key, array in arrays.items():
        numpy.save(FOLDER / name / f"{key}.npy", array.contiguous().numpy())
    (FOLDER / name / "case.json").write_text(json.dumps(case, indent=1))


if __name__ == "__main__":
    for name, given in CASES.items():
        run(name, given)
