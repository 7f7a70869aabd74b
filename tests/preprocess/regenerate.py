#!/usr/bin/env python3
"""Preprocesses images with torchvision and Pillow and runs the original S2-Wrapper on them, for test_preprocess.

    python3 tests/preprocess/regenerate.py

It writes beside itself, and prints the error of 8-bit resizing; see README.md.
"""

import importlib.metadata
import pathlib
from collections.abc import Callable
from types import SimpleNamespace

import numpy
import s2wrapper.core
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional

FOLDER = pathlib.Path(__file__).parent
PACKAGES = ("torch", "torchvision", "pillow", "numpy", "scaling-on-scales")
MODES = transforms.InterpolationMode
NORMALIZATIONS = {
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "signed": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}
# How torchvision resizes a float tensor, or else Pillow an image of floats.
TORCHVISION = {"bicubic": (MODES.BICUBIC, False), "bilinear": (MODES.BILINEAR, False),
               "bicubic_antialiased": (MODES.BICUBIC, True), "bilinear_antialiased": (MODES.BILINEAR, True)}
PILLOW = {"bicubic_antialiased": Image.BICUBIC, "bilinear_antialiased": Image.BILINEAR, "lanczos3": Image.LANCZOS,
          "nearest": Image.NEAREST}

WHOLE = (0, 0, 65, 97)  # row, column, height, width
REGION = (9, 21, 47, 61)
SQUARE = (13, 30, 16, 16)

# name: (image, region, normalization, filter, sizes, tile, patch, prefix tokens). With a filter every scale is resized
# from the region by it, as preprocessing does; without, the region is what the original is given, which interpolates by
# itself.
CASES = {
    "original_rgb": ("rgb", SQUARE, "clip", None, (16, 32), 16, 8, 1),
    "original_bgra": ("bgra", SQUARE, "imagenet", None, (16, 32), 16, 8, 0),
    "original_grey": ("grey", SQUARE, "signed", None, (16, 32, 48), 16, 8, 0),
    "original_linear": ("linear", SQUARE, "clip", None, (16, 32), 16, 8, 0),
    "region_bgra": ("bgra", REGION, "clip", "bicubic_antialiased", (32, 64), 32, 8, 1),
    "region_grey": ("grey", REGION, "imagenet", "lanczos3", (12, 24), 12, 4, 0),
    "photo_linear": ("linear", WHOLE, "signed", "bicubic_antialiased", (12, 24), 12, 4, 0),
    **{f"photo_{filter}": ("rgb", WHOLE, "clip", filter, (12, 24), 12, 4, 0)
       for filter in ("bicubic", "bilinear", "nearest", "bicubic_antialiased", "bilinear_antialiased", "lanczos3")},
}


def to_linear(v: numpy.ndarray) -> numpy.ndarray:
    return numpy.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def to_srgb(v: numpy.ndarray) -> numpy.ndarray:
    return numpy.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055)


def make_images() -> dict[str, numpy.ndarray]:
    """The photograph as applications have it: bytes of several formats, and a renderer's linear half floats."""
    photo = Image.open(FOLDER.parent / "vit" / "photo.png").convert("RGB")
    rgb = numpy.asarray(photo)
    alpha = numpy.arange(rgb.shape[0] * rgb.shape[1], dtype=numpy.uint8).reshape(rgb.shape[:2])
    linear = numpy.dstack([to_linear(rgb / 255.0), numpy.ones(rgb.shape[:2])])
    return {"rgb": rgb, "bgra": numpy.dstack([rgb[..., ::-1], alpha]), "grey": numpy.asarray(photo.convert("L")),
            "linear": linear.astype(numpy.float16)}


def to_tensor(pixels: numpy.ndarray, kind: str) -> torch.Tensor:
    """1 x 3 x H x W from 0 to 1, as ToTensor() makes it of an image in RGB."""
    if kind == "linear":
        coded = to_srgb(pixels[..., :3].astype(numpy.float64)).astype(numpy.float32)
        return torch.from_numpy(coded).permute(2, 0, 1)[None]
    return transforms.ToTensor()(to_pillow(pixels, kind))[None]


def to_pillow(pixels: numpy.ndarray, kind: str) -> Image.Image:
    if kind == "grey":
        return Image.fromarray(pixels, mode="L").convert("RGB")
    return Image.fromarray(numpy.ascontiguousarray(pixels[..., 2::-1] if kind == "bgra" else pixels), mode="RGB")


def resize(image: torch.Tensor, size: int, filter: str) -> torch.Tensor:
    made = []
    if filter in TORCHVISION:
        mode, antialias = TORCHVISION[filter]
        made.append(functional.resize(image, [size, size], mode, antialias=antialias))
    if filter in PILLOW:
        planes = [Image.fromarray(plane.numpy(), mode="F").resize((size, size), PILLOW[filter]) for plane in image[0]]
        made.append(torch.from_numpy(numpy.stack([numpy.asarray(plane) for plane in planes]))[None])
    assert (made[0] - made[-1]).abs().max() < 2e-6, f"torchvision and Pillow differ: {filter}"
    return made[0]


def projection(patch: int, prefix: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """A model: fixed random projections of patches, and of the mean patch for prefix tokens."""
    inputs, channels = 3 * patch * patch, 8
    random = numpy.random.default_rng(patch)
    normal = random.standard_normal((1 + prefix, inputs, channels), dtype=numpy.float32)
    weights = torch.from_numpy(normal) / inputs**0.5

    def model(tiles: torch.Tensor) -> torch.Tensor:
        n, _, side, _ = tiles.shape
        g = side // patch
        patches = tiles.reshape(n, 3, g, patch, g, patch).permute(0, 2, 4, 1, 3, 5).reshape(n, g * g, inputs)
        prefixes = [patches.mean(1, keepdim=True) @ w for w in weights[1:]]
        return torch.tanh(torch.cat(prefixes + [patches @ weights[0]], dim=1))

    return model


class Preprocessing:
    """Stands in for torch.nn.functional inside the original, whose first interpolation is then the preprocessing's."""

    def __init__(self, preprocess: Callable[[int], torch.Tensor]) -> None:
        self.preprocess = preprocess

    def interpolate(self, tensor: torch.Tensor, size: int, mode: str) -> torch.Tensor:
        if mode == "bicubic":
            return self.preprocess(size)
        return torch.nn.functional.interpolate(tensor, size=size, mode=mode)


def run(name: str, images: dict[str, numpy.ndarray]) -> None:
    kind, (y, x, height, width), normalization, filter, sizes, side, patch, prefix = CASES[name]
    pixels = images[kind]
    tensor = functional.crop(to_tensor(pixels, kind), y, x, height, width)
    normalize = transforms.Normalize(*NORMALIZATIONS[normalization])
    kept = SimpleNamespace(tiles=[], features=[])
    inner = projection(patch, prefix)

    def model(tiles: torch.Tensor) -> torch.Tensor:
        kept.tiles.append(tiles)
        kept.features.append(inner(tiles))
        return kept.features[-1]

    if filter:
        s2wrapper.core.F = Preprocessing(lambda size: normalize(resize(tensor, size, filter)))
    # The original wants a square input; with a filter it does not look at it.
    image = torch.zeros(1, 3, side, side) if filter else normalize(tensor)
    output = s2wrapper.core.forward(model, image, img_sizes=list(sizes), max_split_size=side, num_prefix_token=prefix)
    s2wrapper.core.F = torch.nn.functional
    for what, arrays in (("tiles", kept.tiles), ("features", kept.features)):
        numpy.save(FOLDER / f"{name}_{what}.npy", numpy.concatenate([array.numpy() for array in arrays]))
    numpy.save(FOLDER / f"{name}_output.npy", output.contiguous().numpy())
    if filter in PILLOW and kind != "linear":
        bytewise = to_pillow(pixels, kind).crop((x, y, x + width, y + height))
        for size in sizes:
            rounded = transforms.ToTensor()(bytewise.resize((size, size), PILLOW[filter]))[None]
            difference = (rounded - resize(tensor, size, filter)).abs()
            print(f"{name}, {width} x {height} to {size} x {size}: 8-bit resizing is off by up to "
                  f"{difference.max() * 255:.2f} of 255, {difference.mean() * 255:.2f} in the mean")


def main() -> None:
    for old in FOLDER.glob("*.npy"):
        old.unlink()
    images = make_images()
    for kind, pixels in images.items():
        numpy.save(FOLDER / f"image_{kind}.npy", numpy.ascontiguousarray(pixels))
    for name in CASES:
        run(name, images)
    versions = "".join(f"{package} {importlib.metadata.version(package)}\n" for package in PACKAGES)
    (FOLDER / "versions.txt").write_text(versions)


if __name__ == "__main__":
    main()
