"""What chains are made of besides Pillow: interpolation in double precision, as docs/semantics.md has it, and what is
done to the image before and after it."""

from typing import Any

import numpy as np

NORMALIZATIONS = {
    "clip": ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]),
    "imagenet": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    "signed": ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
}

# ---- Interpolation, along the first axis -------------------------------------------------------------------------


def keys(a: float, x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def bicubic(count: int, out: int) -> np.ndarray:
    """PyTorch's F.interpolate(mode="bicubic")."""
    ratio = float(np.float32(count) / np.float32(out))
    x = (np.arange(out) + 0.5) * ratio - 0.5
    weights = np.zeros((out, count))
    for k in range(-1, 3):
        at = np.floor(x) + k
        np.add.at(weights, (np.arange(out), np.clip(at, 0, count - 1).astype(int)), keys(-0.75, x - at))
    return weights


def antialiased(kind: str, count: int, out: int) -> np.ndarray:
    """Pillow's filters, without rounding."""
    radius = {"bicubic_antialiased": 2, "bilinear_antialiased": 1, "lanczos3": 3}[kind]
    ratio = count / out
    stretch = max(ratio, 1)
    weights = np.zeros((out, count))
    for j in range(out):
        center = (j + 0.5) * ratio
        begin, end = max(int(center - radius * stretch + 0.5), 0), min(int(center + radius * stretch + 0.5), count)
        x = (np.arange(begin, end) - center + 0.5) / stretch
        if kind == "bicubic_antialiased":
            w = keys(-0.5, x)
        elif kind == "bilinear_antialiased":
            w = np.maximum(1 - np.abs(x), 0)
        else:
            w = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)
        weights[j, begin:end] = w / w.sum()
    return weights


def area(count: int, out: int) -> np.ndarray:
    weights = np.zeros((out, count))
    for j in range(out):
        begin, end = j * count // out, -(-(j + 1) * count // out)
        weights[j, begin:end] = 1 / (end - begin)
    return weights


def resize(image: np.ndarray, size: tuple[int, int], maps: Any) -> np.ndarray:
    """The last two axes of an array, by a function that makes the map of one axis."""
    (h, w), (height, width) = image.shape[-2:], size
    rows = image if h == height else np.einsum("ij,...jk->...ik", maps(h, height), image)
    return rows if w == width else np.einsum("ij,...kj->...ki", maps(w, width), rows)


# ---- Steps of a chain --------------------------------------------------------------------------------------------


def pad_square(image: np.ndarray, colour: list[int]) -> np.ndarray:
    """LLaVA's expand2square()."""
    height, width = image.shape[:2]
    side = max(height, width)
    square = np.empty((side, side, 3), np.uint8)
    square[:] = colour
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = image
    return square


def normalize(planes: np.ndarray, name: str) -> np.ndarray:
    mean, std = (np.array(v)[:, None, None] for v in NORMALIZATIONS[name])
    return (planes / 255 - mean) / std


def tile(image: np.ndarray, side: int) -> np.ndarray:
    rows, columns = -(-image.shape[1] // side), -(-image.shape[2] // side)
    padded = resize(image, (rows * side, columns * side), bicubic)
    tiles = padded.reshape(3, rows, side, columns, side).transpose(1, 3, 0, 2, 4)
    return tiles.reshape(-1, 3, side, side).astype(np.float32)
