#!/usr/bin/env python3
"""presets.py SRC EXTRACT: whether extract --preset gives a model the values of the published chains.

The descriptor's first three channels are the mean colour of a patch. With patches of one pixel, the features are
therefore the tiles themselves. They are compared with tests/golden, whose bytes are Pillow's. Presets that tests/golden
does not have are compared with a chain in NumPy, which is compared with tests/golden first.

Works in the current folder, which must be empty. The output of extract goes to standard output."""

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np

SRC, EXTRACT = Path(sys.argv[1]), sys.argv[2]
sys.path[:0] = [str(SRC / "tests" / "chains"), str(SRC / "samples" / "extract")]
import load  # noqa: E402
import maps  # noqa: E402
import merge  # noqa: E402

SIDE, CHANNELS, SIZES = 28, 12, [[28, 28], [56, 56], [84, 84]]
# Pictures of tests/golden, and the size that the last scale has of each by Dynamic-S2 with at most 12 tiles.
DYNAMIC = {"llava_screen": [112, 84], "nvila_page": [84, 112], "nvila_photo": [140, 56]}
MEANS = {"clip": "clip", "llava": "clip", "siglip": "signed", "bunny": "signed", "nvila": "signed"}
FILLS = {"llava": [122, 116, 104], "bunny": [127, 127, 127]}


def golden(name: str) -> tuple[dict[str, Any], np.ndarray, list[np.ndarray]]:
    folder = SRC / "tests" / "golden" / name
    case = json.loads((folder / "case.json").read_text())
    return case, np.load(folder / "input.npy"), [np.load(folder / f"tiles_{i}.npy") for i in range(3)]


def write_png(path: Path, image: np.ndarray) -> None:
    height, width = image.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


# ---- The chains ------------------------------------------------------------------------------------------------------


def resize_bytes(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pillow's BICUBIC of bytes: along x and then along y, with weights of 22 fractional bits."""

    def along_first(image: np.ndarray, out: int) -> np.ndarray:
        if image.shape[0] == out:
            return image
        weights = maps.antialiased("bicubic_antialiased", image.shape[0], out) * 2**22
        weights = np.trunc(weights + np.where(weights < 0, -0.5, 0.5)).astype(np.int64)
        sums = np.einsum("ij,jkc->ikc", weights, image.astype(np.int64)) + 2**21
        return np.clip(sums >> 22, 0, 255).astype(np.uint8)

    return along_first(along_first(image.transpose(1, 0, 2), width).transpose(1, 0, 2), height)


def first_image(preset: str, image: np.ndarray, side: int) -> np.ndarray:
    if preset in FILLS:
        image = maps.pad_square(image, FILLS[preset])
    if preset != "clip":
        return resize_bytes(image, side, side)
    height, width = (side * s // min(image.shape[:2]) for s in image.shape[:2])
    top, left = (height - side) // 2, (width - side) // 2
    return resize_bytes(image, height, width)[top : top + side, left : left + side]


def scale_images(preset: str, image: np.ndarray, sizes: list[list[int]]) -> list[np.ndarray]:
    def values(image: np.ndarray) -> np.ndarray:
        return maps.normalize(image.transpose(2, 0, 1).astype(np.float64), MEANS[preset])

    if preset == "nvila":
        return [values(resize_bytes(image, *size)) for size in sizes]
    first = values(first_image(preset, image, sizes[-1][0]))
    return [maps.resize(first, tuple(size), maps.bicubic) for size in sizes]


# ---- Beside extract --------------------------------------------------------------------------------------------------


def run(*arguments: str) -> None:
    command = [EXTRACT, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, (done.returncode, command)


def compare(what: str, features: np.ndarray, images: list[np.ndarray], most: float = 1e-5) -> None:
    """Compares features, height x width x channels, with the images of the scales, averaged over tokens."""
    for i, image in enumerate(images):
        wanted = maps.resize(image, features.shape[:2], maps.area)
        given = features[:, :, CHANNELS * i : CHANNELS * i + 3].transpose(2, 0, 1)
        worst = float(np.abs(given - wanted).max())
        print(f"{what}, scale {i}: by up to {worst:.2g}")
        assert worst <= most, (what, i, worst)


def from_tiles(tiles: np.ndarray, size: list[int]) -> np.ndarray:
    rows, columns = size[0] // SIDE, size[1] // SIDE
    return tiles.reshape(rows, columns, 3, SIDE, SIDE).transpose(2, 0, 3, 1, 4).reshape(3, *size).astype(np.float64)


def check_chain() -> None:
    """The chain in NumPy, with tiles that Pillow had a part in."""
    for name, preset in (("llava_screen", "llava"), ("nvila_page", "nvila"), ("nvila_photo", "nvila")):
        case, image, tiles = golden(name)
        MEANS["nvila"] = case["normalization"] if preset == "nvila" else "signed"
        for i, made in enumerate(scale_images(preset, image, case["img_sizes"])):
            worst = float(np.abs(made - from_tiles(tiles[i], case["img_sizes"][i])).max())
            assert worst <= 1e-5, (name, i, worst)
    MEANS["nvila"] = "signed"


def check_record(preset: str, record: dict[str, Any], sizes: list[list[int]]) -> None:
    assert [s["image"] for s in record["scales"]] == sizes, record
    blocks = [sizes[-1][0] // SIDE, sizes[-1][1] // SIDE]
    expected = (blocks, [SIDE, SIDE]) if preset == "nvila" else (None, None)
    assert (record.get("blocks"), record.get("block")) == expected, record
    run_record = json.loads(Path(preset, record["name"] + ".npy.json").read_text())["run"]
    assert run_record["preset"] == preset and run_record["img_sizes"] == SIZES, run_record
    assert run_record.get("max_tiles") == (12 if preset == "nvila" else None), run_record


def check_preset(preset: str, images: dict[str, np.ndarray]) -> None:
    more = ["--dynamic-s2"] if preset == "nvila" else ["--resize-output-to-idx", "-1"]
    run("in", "--output", preset, "--preset", preset, "--img-sizes", "28,56,84", "--patch", "1", *more)
    records = list(load.load(f"{preset}/index.jsonl"))
    assert len(records) == len(images), records
    for record, features in records:
        name = record["name"][: -len(".png")]
        sizes = [*SIZES[:2], DYNAMIC[name]] if preset == "nvila" else SIZES
        check_record(preset, record, sizes)
        compare(f"{preset}, {name}", features, scale_images(preset, images[name], sizes))


def check_blocks(image: np.ndarray) -> None:
    """Blocks of another scale than the last, in the order of the file. One image and a stream of images must agree."""
    options = ["--preset", "llava", "--img-sizes", "28,56,84", "--patch", "1"]
    options += ["--resize-output-to-idx", "1", "--blocks"]
    run("in/llava_screen.png", "--output", "one.npy", "--picture", "one.png", *options)
    run("in", "--output", "blocks", *options)
    raw = np.load("one.npy")
    assert (raw == np.load("blocks/llava_screen.png.npy")).all()
    grid = raw[0].reshape(2, 2, SIDE, SIDE, -1).transpose(0, 2, 1, 3, 4).reshape(2 * SIDE, 2 * SIDE, -1)
    compare("llava, in blocks", grid, scale_images("llava", image, SIZES))
    (loaded,) = (f for r, f in load.load("blocks/index.jsonl") if r["name"] == "llava_screen.png")
    assert (loaded == grid).all()
    run("in/llava_screen.png", "--output", "rows.npy", "--picture", "rows.png", *options[:-1])
    assert Path("one.png").read_bytes() == Path("rows.png").read_bytes(), "blocks change the picture"


def check_order() -> None:
    """The projectors' downsample of the blocks, and one tile for every scale, beside the same grid row by row."""
    base = ["in/llava_screen.png", "--no-picture", "--patch", "1", "--preset", "nvila"]
    sizes = [*base, "--img-sizes", "28,56,84"]
    run(*sizes, "--output", "order-none.npy")
    (record,) = (json.loads(Path("order-none.npy.json").read_text()),)
    grid = load.arrange(np.load("order-none.npy")[0], record)
    for n, by_columns in ((2, True), (3, False)):
        order = {"output_downsample": n, "output_by_columns": by_columns, "output_blocks": True,
            "output_blocks_idx": -1}
        expected = merge.order_grid({"max_split_size": SIDE, "img_sizes": SIZES, **order}, grid.transpose(2, 0, 1))
        run(*sizes, "--downsample", str(n), *(["--by-columns"] if by_columns else []), "--output", f"order-{n}.npy")
        made, record = np.load(f"order-{n}.npy")[0], json.loads(Path(f"order-{n}.npy.json").read_text())
        assert made.shape == expected.shape and np.abs(made - expected).max() <= 1e-6, (n, made.shape, expected.shape)
        assert record["run"]["downsample"] == n and record.get("by_columns", False) == by_columns, record
        side = -(-SIDE // n)
        assert record["block"] == [side, side] and load.arrange(made, record).shape == (3 * side, 3 * side,
            n * n * grid.shape[2])
        assert (load.arrange(made, record)[:, :, : grid.shape[2]][1, 0] == grid[n, 0]).all()
    run(*base, "--img-sizes", "28", "--output", "order-one.npy")
    run(*base, "--img-sizes", "28", "--repeat", "3", "--output", "order-repeat.npy")
    assert (np.load("order-repeat.npy") == np.tile(np.load("order-one.npy"), (1, 1, 3))).all()


def check_prefix() -> None:
    """CLS of each tile, whose mean is what the original has; and CLS alone, in one file of many images."""
    options = ["in", "--model", str(SRC / "tests" / "vit" / "clip-f32"), "--scales", "1,2"]
    run(*options, "--output", "cls-mean")
    run(*options, "--prefix-tokens", "tiles", "--output", "cls-tiles")
    run(*options, "--prefix-tokens", "tiles", "--prefix-only", "--output", "cls.safetensors")
    tokens = {record["name"]: features for record, features in load.load("cls.jsonl")}
    for line in Path("cls-tiles/index.jsonl").read_text().splitlines():
        record = json.loads(line)
        mean, tiles = (np.load(Path(folder, record["features"]))[0] for folder in ("cls-mean", "cls-tiles"))
        counts, channels = [s["tiles"][0] * s["tiles"][1] for s in record["scales"]], mean.shape[1] // 2
        assert record["prefix"] == max(counts) == 4 and (tiles[4:] == mean[1:]).all(), record
        for i, count in enumerate(counts):
            here = tiles[:4, i * channels : (i + 1) * channels]
            assert np.abs(here[:count].mean(0) - mean[0, i * channels : (i + 1) * channels]).max() <= 1e-5
            assert not here[count:].any()
        assert (tokens[record["name"]] == tiles[:4]).all()


def check_batch(image: np.ndarray) -> None:
    """Images of one size in batches, into one file, beside the same one by one."""
    Path("same").mkdir()
    for i, turned in enumerate((image, image[::-1], image[:, ::-1])):
        write_png(Path("same", f"{i}.png"), turned)
    options = ["same", "--preset", "nvila", "--dynamic-s2", "--img-sizes", "28,56,84", "--patch", "2"]
    run(*options, "--output", "single")
    run(*options, "--output", "batch.safetensors", "--batch", "2")
    pairs = list(zip(load.load("single/index.jsonl"), load.load("batch.jsonl")))
    assert len(pairs) == 3
    for (record, single), (other, batch) in pairs:
        assert record["blocks"] == other["blocks"] and record["block"] == other["block"] == [SIDE // 2, SIDE // 2]
        assert (single == batch).all(), record


def check_models() -> None:
    """A model's own image processor on the CPU, and the preset of it."""
    for model, preset in (("clip-f32", "clip"), ("siglip-f32", "siglip")):
        options = ["in", "--model", str(SRC / "tests" / "vit" / model)]
        options += ["--img-sizes", "16,32,48", "--max-split-size", "16"]
        run(*options, "--output", f"{model}-own")
        run(*options, "--output", f"{model}-preset", "--preset", preset)
        for file in Path(f"{model}-own").glob("*.npy"):
            own, made = np.load(file), np.load(Path(f"{model}-preset", file.name))
            worst = float(np.abs(own - made).max() / np.abs(own).max())
            print(f"{model}, {file.name}: by up to {worst:.2g} of the largest")
            assert own.shape == made.shape and worst <= 1e-4, (model, file.name, worst)


def main() -> int:
    images = {name: golden(name)[1] for name in DYNAMIC}
    Path("in").mkdir()
    for name, image in images.items():
        write_png(Path("in", f"{name}.png"), image)
    check_chain()
    for preset in MEANS:
        check_preset(preset, images)
    check_blocks(images["llava_screen"])
    check_order()
    check_prefix()
    check_batch(images["nvila_photo"])
    check_models()
    return 0


if __name__ == "__main__":
    sys.exit(main())
