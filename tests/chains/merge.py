"""S2's merge and the order of its output, as the published code goes about it: the original's prefix tokens and grid,
NVILA's blocks and repeated channels, VILA's downsample. Needs NumPy alone.

    python3 merge.py FOLDER    # writes the cases of tests/order: every order once, in small plans
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

from maps import area, bicubic, resize, tile

# ---- The order of the output -------------------------------------------------------------------------------------


def downsample(block: np.ndarray, n: int, by_columns: bool) -> np.ndarray:
    """Space to depth of height x width x channels: zeros below and to the right, n tokens of a row side by side, then
    n rows. VILA1.5's projector leaves the axes swapped, so its tokens come column by column; that of NVILA swaps
    them back."""
    height, width, channels = block.shape
    block = np.pad(block, ((0, -height % n), (0, -width % n), (0, 0)))
    height, width, _ = block.shape
    block = block.reshape(height, width // n, n * channels).transpose(1, 0, 2)
    block = block.reshape(width // n, height // n, n * n * channels)
    return block if by_columns else block.transpose(1, 0, 2)


def cut(grid: np.ndarray, rows: int, columns: int) -> list[np.ndarray]:
    """A grid, height x width x channels, in blocks, row by row."""
    return [b for row in np.split(grid, rows, axis=0) for b in np.split(row, columns, axis=1)]


def order_grid(case: dict[str, Any], grid: np.ndarray) -> np.ndarray:
    """channels x height x width to tokens x channels."""
    side, blocks = case["max_split_size"], [grid.transpose(1, 2, 0)]
    if case.get("output_blocks"):
        height, width = case["img_sizes"][case["output_blocks_idx"]]
        blocks = cut(blocks[0], -(-height // side), -(-width // side))
    n, by_columns = case.get("output_downsample", 1), case.get("output_by_columns", False)
    made = [downsample(b, n, by_columns) for b in blocks]
    return np.concatenate([b.reshape(-1, b.shape[-1]) for b in made])


def order_prefix(case: dict[str, Any], features: list[np.ndarray]) -> np.ndarray:
    """Tokens x channels: means over the tiles, or those of each tile, and zeros where other scales have more tiles."""
    prefix = [f.astype(np.float64)[:, : case["num_prefix_token"]] for f in features]
    if case.get("prefix_tokens", "mean") == "mean":
        return np.concatenate([p.mean(0) for p in prefix], axis=1)
    most = max(len(p) for p in prefix)
    padded = [np.pad(p, ((0, most - len(p)), (0, 0), (0, 0))) for p in prefix]
    return np.concatenate([p.reshape(-1, p.shape[-1]) for p in padded], axis=1)


def merge(case: dict[str, Any], features: list[np.ndarray]) -> np.ndarray:
    side, prefix, repeat = case["max_split_size"], case["num_prefix_token"], case.get("output_repeat", 1)
    own = []
    for (h, w), given in zip(case["img_sizes"], features):
        tokens = given.astype(np.float64)[:, prefix:]
        g = math.isqrt(tokens.shape[1])
        rows, columns = -(-h // side), -(-w // side)
        grid = tokens.reshape(rows, columns, g, g, given.shape[2]).transpose(4, 0, 2, 1, 3)
        grid = grid.reshape(given.shape[2], rows * g, columns * g)
        size = (math.ceil(h / (rows * side) * (rows * g)), math.ceil(w / (columns * side) * (columns * g)))
        own.append(resize(grid, size, area) if g else grid)
    tokens = [np.tile(order_prefix(case, features), (1, repeat))] if prefix else []
    if not case.get("prefix_only"):
        size = own[case["resize_output_to_idx"]].shape[1:]
        grid = np.concatenate([resize(o, size, area) for o in own])
        tokens.append(order_grid(case, np.tile(grid, (repeat, 1, 1))))
    return np.concatenate(tokens)[None].astype(np.float32)


# ---- Cases -------------------------------------------------------------------------------------------------------

SIDE = 4
SCALES = [[4, 4], [8, 8], [8, 12]]
CASES: dict[str, dict[str, Any]] = {
    "prefix_of_tiles": {"num_prefix_token": 2, "prefix_tokens": "tiles", "grid": 3},
    "prefix_of_tiles_alone": {"num_prefix_token": 1, "prefix_tokens": "tiles", "prefix_only": True, "grid": 2},
    "cls_alone": {"num_prefix_token": 1, "prefix_only": True, "grid": 0},
    "nvila_blocks_downsampled": {"output_blocks": True, "output_blocks_idx": -1, "output_downsample": 2, "grid": 3},
    "nvila_lite_blocks_downsampled": {"output_blocks": True, "output_blocks_idx": 2, "output_downsample": 3, "grid": 4},
    "vila_downsampled": {"img_sizes": SCALES[:2], "resize_output_to_idx": 0, "output_downsample": 2,
        "output_by_columns": True,
                         "grid": 5},
    "nvila_one_tile": {"img_sizes": SCALES[:1], "output_repeat": 3, "output_blocks": True, "output_blocks_idx": -1,
        "grid": 3},
}


def fill_in(name: str, seed: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    given = dict(CASES[name])
    grid, sizes = given.pop("grid"), given.get("img_sizes", SCALES)
    case = {"name": name, "variant": "seed", "input_shape": [1, 3, 8, 10], "given": {"img_sizes": sizes},
        "split_mode": "resize",
            "num_prefix_token": 0, "output_shape": "bnc", "dtype": "f32", "img_sizes": sizes, "max_split_size": SIDE,
            "resize_output_to_idx": -1, **given}
    rng = np.random.default_rng(seed)
    image = rng.uniform(-1, 1, (3, 8, 10)).astype(np.float32)
    tiles = [tile(resize(image.astype(np.float64), tuple(s), bicubic), SIDE) for s in sizes]
    tokens = grid * grid + case["num_prefix_token"]
    features = [rng.uniform(-1, 1, (len(t), tokens, 6)).astype(np.float32) for t in tiles]
    arrays = {"input": image[None], "output": merge(case, features)}
    for i, (t, f) in enumerate(zip(tiles, features)):
        arrays[f"tiles_{i}"], arrays[f"features_{i}"] = t, f
    return case, arrays


def main() -> int:
    for seed, name in enumerate(CASES):
        case, arrays = fill_in(name, seed)
        folder = Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for key, array in arrays.items():
            np.save(folder / f"{key}.npy", np.ascontiguousarray(array))
        (folder / "case.json").write_text(json.dumps(case, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
