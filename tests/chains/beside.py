#!/usr/bin/env python3
"""beside.py EXTRACT: runs each chain of extract --preset in Pillow, PyTorch and the original S2-Wrapper, beside
extract, on a page, a screenshot and a photograph. Prints the largest error of each, and fails if one is over 1e-5.

extract's descriptor begins with the mean colour of a patch, which is the model of both sides. extract has the bytes of
Pillow up to version 12. Needs Pillow, PyTorch, einops and scaling-on-scales."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, __version__

from make import picture
from maps import NORMALIZATIONS

SRC = Path(__file__).resolve().parents[2]
sys.path.append(str(SRC / "samples" / "extract"))
import load  # noqa: E402

PATCH, CHANNELS, MOST = 16, 12, 1e-5
PICTURES = {"page": (1754, 1240), "screen": (1080, 1920), "photograph": (900, 1350)}  # height, width
PRESETS = {  # normalization, sizes
    "clip": ("clip", [336, 672, 1008]),
    "siglip": ("signed", [384, 768]),
    "llava": ("clip", [336, 672, 1008]),
    "bunny": ("signed", [384, 768, 1152]),
    "nvila": ("signed", [448, 896, 1344]),
}
Sizes = list[tuple[int, int]]


def mean_colour(tiles: torch.Tensor) -> torch.Tensor:
    """The model: b x 3 x height x width to b x tokens x 3."""
    return F.avg_pool2d(tiles, PATCH).flatten(2).transpose(1, 2)


def normalized(image: Image.Image, normalization: str) -> torch.Tensor:
    mean, std = (torch.tensor(v, dtype=torch.float32)[:, None, None] for v in NORMALIZATIONS[normalization])
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).to(torch.float32) / 255
    return ((pixels - mean) / std)[None]


# ---- The chains, as published ----------------------------------------------------------------------------------------


def expand2square(image: Image.Image, normalization: str) -> Image.Image:
    """LLaVA's: in the middle of a square of the mean colour."""
    side = max(image.size)
    colour = tuple(int(255 * m) for m in NORMALIZATIONS[normalization][0])
    square = Image.new("RGB", (side, side), colour)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def first_image(preset: str, image: Image.Image, side: int) -> Image.Image:
    if preset in ("llava", "bunny"):
        image = expand2square(image, PRESETS[preset][0])
    if preset != "clip":
        return image.resize((side, side), Image.Resampling.BICUBIC)
    width, height = (side * s // min(image.size) for s in image.size)
    left, top = (width - side) // 2, (height - side) // 2
    resized = image.resize((width, height), Image.Resampling.BICUBIC)
    return resized.crop((left, top, left + side, top + side))


def by_wrapper(forward: Callable[..., torch.Tensor], preset: str, image: Image.Image) -> torch.Tensor:
    normalization, sizes = PRESETS[preset]
    first = normalized(first_image(preset, image, sizes[-1]), normalization)
    return forward(mean_colour, first, img_sizes=sizes, max_split_size=sizes[0], resize_output_to_idx=-1)[0]


def by_nvila(image: Image.Image, sizes: Sizes) -> torch.Tensor:
    """NVILA's: each scale by Pillow, in tiles, and merged to the last one's grid."""
    normalization, (side, *_) = PRESETS["nvila"]
    maps = []
    for height, width in sizes:
        scale = normalized(image.resize((width, height), Image.Resampling.BICUBIC), normalization)
        tiles = scale.unfold(2, side, side).unfold(3, side, side)  # 1 x 3 x rows x columns x side x side
        rows, columns = tiles.shape[2:4]
        tokens = mean_colour(tiles.permute(0, 2, 3, 1, 4, 5).reshape(-1, 3, side, side))
        grid = tokens.transpose(1, 2).reshape(rows, columns, 3, side // PATCH, side // PATCH)
        maps.append(grid.permute(2, 0, 3, 1, 4).reshape(1, 3, height // PATCH, width // PATCH))
    merged = torch.cat([F.interpolate(m, size=maps[-1].shape[-2:], mode="area") for m in maps], dim=1)
    return merged[0].flatten(1).T


# ---- Beside extract --------------------------------------------------------------------------------------------------


def extract(program: str, preset: str, folder: Path) -> dict[str, tuple[Sizes, np.ndarray]]:
    """Each picture's sizes of scales, and its features, height x width x channels."""
    more = ["--dynamic-s2"] if preset == "nvila" else ["--resize-output-to-idx", "-1"]
    sizes = ",".join(str(s) for s in PRESETS[preset][1])
    command = [program, str(folder / "in"), "--output", str(folder / preset), "--preset", preset, "--patch", str(PATCH),
        "--img-sizes", sizes, *more]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
    return {Path(record["name"]).stem: ([tuple(s["image"]) for s in record["scales"]], features)
        for record, features in load.load(str(folder / preset / "index.jsonl"))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extract", help="the program")
    parser.add_argument("--original", type=Path, metavar="FOLDER", help="where s2wrapper and einops are, if not installed")
    arguments = parser.parse_args()
    if arguments.original:
        sys.path.insert(0, str(arguments.original))
    from s2wrapper import forward

    print(f"Pillow {__version__}, PyTorch {torch.__version__}")
    print(f"{'preset':<10}" + "".join(f"{name:>12}" for name in PICTURES))
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        images = {kind: Image.fromarray(picture(kind, *size, seed=7)) for kind, size in PICTURES.items()}
        for kind, image in images.items():
            image.save(folder / "in" / f"{kind}.png")
        for preset in PRESETS:
            given, errors = extract(arguments.extract, preset, folder), []
            for kind, image in images.items():
                sizes, features = given[kind]
                wanted = by_nvila(image, sizes) if preset == "nvila" else by_wrapper(forward, preset, image)
                colours = features.reshape(-1, len(sizes), CHANNELS)[:, :, :3].reshape(len(wanted), -1)
                errors.append(float(np.abs(colours - wanted.numpy()).max()))
            print(f"{preset:<10}" + "".join(f"{e:12.2g}" for e in errors))
            worst = max(worst, *errors)
    return 0 if worst <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
