#!/usr/bin/env python3
"""Runs samples/extract on vision transformers of their real sizes, with random weights, and runs Hugging Face
transformers with the original S2-Wrapper on PyTorch. Prints the differences of the features, and the time that each
took. README.md has the packages that it needs. Exit status: 0 if all features agree, 1 if not."""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import s2wrapper
import torch
import transformers as hf
from PIL import Image

from regenerate import TORCH_TYPES, clip_processor, randomise

ROOT = Path(__file__).resolve().parents[2]
PHOTO = ROOT / "samples/photo/coffee.png"

BASE = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
LARGE = dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16)
MODELS = {
    "b32": hf.CLIPVisionConfig(**BASE, image_size=224, patch_size=32),
    "b16": hf.CLIPVisionConfig(**BASE, image_size=224, patch_size=16),
    "l14": hf.CLIPVisionConfig(**LARGE, image_size=336, patch_size=14),
}
LIMITS = {"f32": 1e-4, "f16": 1e-2, "bf16": 1e-2}


def checkpoint(folder: Path, config: Any, dtype: str) -> Any:
    torch.manual_seed(0)
    model = hf.CLIPVisionModel(config).eval()
    randomise(model, torch.Generator().manual_seed(0))
    model.to(TORCH_TYPES[dtype]).save_pretrained(folder)
    clip_processor(config.image_size).save_pretrained(folder)
    return model.float()


def original(model: Any, side: int, image_side: int, llava: bool, runs: int,
             **scales: Any) -> tuple[np.ndarray, float]:
    pixels = clip_processor(image_side)(images=Image.open(PHOTO).convert("RGB"), return_tensors="pt")["pixel_values"]

    def forward(tiles: torch.Tensor) -> torch.Tensor:
        if llava:
            return model(tiles, output_hidden_states=True).hidden_states[-2][:, 1:]
        return model(tiles).last_hidden_state

    seconds = []
    with torch.no_grad():
        for _ in range(runs):
            start = time.perf_counter()
            output = s2wrapper.forward(forward, pixels, max_split_size=side, num_prefix_token=0 if llava else 1,
                                       **scales)
            seconds.append(time.perf_counter() - start)
    return output.numpy(), min(seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=MODELS, default="b32")
    parser.add_argument("--dtype", choices=TORCH_TYPES, default="f32", help="of the weights (default f32)")
    parser.add_argument("--scales", default="1,2", help="default 1,2")
    parser.add_argument("--img-sizes", help="instead of --scales; features are then those that LLaVA takes: of the "
                        "second-to-last layer, without CLS")
    parser.add_argument("--runs", type=int, default=1, help="runs of each; the fastest counts (default 1)")
    parser.add_argument("--extract", default=ROOT / "build/gcc/samples/extract/extract", help="the program")
    options = parser.parse_args()

    config, llava = MODELS[options.model], bool(options.img_sizes)
    if llava:
        sizes = [int(size) for size in options.img_sizes.split(",")]
        scales: dict[str, Any] = dict(img_sizes=sizes)
        arguments = ["--img-sizes", options.img_sizes, "--layer", "-2", "--without-cls"]
    else:
        sizes = [config.image_size]
        scales = dict(scales=[float(scale) for scale in options.scales.split(",")])
        arguments = ["--scales", options.scales]
    with tempfile.TemporaryDirectory() as folder:
        model = checkpoint(Path(folder), config, options.dtype)
        output = Path(folder) / "features.npy"
        subprocess.run([options.extract, PHOTO, "--model", folder, *arguments, "--output", output, "--runs",
                        str(options.runs)], check=True)
        ours = np.load(output)
    theirs, seconds = original(model, config.image_size, max(sizes), llava, options.runs, **scales)
    print(f"original {seconds * 1e3:.1f} ms, {1 / seconds:.3f} images/s on PyTorch {torch.__version__}")
    if ours.shape != theirs.shape:
        print(f"the shape is {ours.shape}, not {theirs.shape}")
        return 1
    error = np.abs(ours - theirs).max() / np.sqrt(np.mean(np.square(theirs, dtype=np.float64)))
    print(f"features {' x '.join(map(str, ours.shape))}, relative error {error:.2g}")
    return 0 if error <= LIMITS[options.dtype] else 1


if __name__ == "__main__":
    sys.exit(main())
