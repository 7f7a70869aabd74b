#!/usr/bin/env python3
"""Regenerates golden cases with the original S2-Wrapper on PyTorch, checks them against it, and makes new ones."""

import argparse
import importlib
import importlib.metadata
import inspect
import json
import math
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
PACKAGE = "scaling-on-scales"
TORCH_TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}

Case = dict[str, Any]
Arrays = dict[str, np.ndarray]


class Refused(Exception):
    """The original did something that the case does not allow for."""


# ---- The original ----------------------------------------------------------------------------------------------------


@dataclass
class Original:
    forward: Callable[..., torch.Tensor]
    label: str
    split_modes: bool  # takes split_mode, and with it images of any shape
    variant: str  # what it does where variants differ: "square", "seed" or "split_grid"


def load_original(where: str) -> Original:
    if where == PACKAGE:
        try:
            label = f"{PACKAGE} {importlib.metadata.version(PACKAGE)}"
        except importlib.metadata.PackageNotFoundError:
            sys.exit(f"{PACKAGE} is not installed; see README.md")
    else:
        if not (Path(where) / "s2wrapper").is_dir():
            sys.exit(f"{where} has no package s2wrapper")
        sys.path.insert(0, where)
        label = where
    forward = importlib.import_module("s2wrapper").forward
    split_modes = "split_mode" in inspect.signature(forward).parameters
    return Original(forward, label, split_modes, probe_grid(forward) if split_modes else "square")


def probe_grid(forward: Callable[..., torch.Tensor]) -> str:
    """An image that fills the upper half of its tile, for a model of 2 x 2 tokens: is the lower half kept?"""

    def model(tiles: torch.Tensor) -> torch.Tensor:
        return torch.zeros(tiles.shape[0], 4, 1)

    image = torch.zeros(1, 1, 8, 16)
    output = forward(model, image, img_sizes=[(8, 16)], max_split_size=16, split_mode="resize")
    return "split_grid" if output.shape[1] == 4 else "seed"


def why_not(original: Original, case: Case) -> str | None:
    """Why the original cannot run a case, or would mean something else by it."""
    height, width = case["input_shape"][2:]
    side = case["max_split_size"] or height
    if not original.split_modes:
        if height != width:
            return f"takes square images only, not {height} x {width}"
        for h, w in case["img_sizes"]:
            if h != w:
                return f"takes square scales only, not {h} x {w}"
    if case["variant"] == original.variant:
        return None
    if original.split_modes and case["variant"] != "square" and case["split_mode"] == "pad":
        return None  # resized grids are all that the two differ in
    for h, w in case["img_sizes"]:
        if h % side or w % side:
            return f"is of variant {original.variant}, not {case['variant']}: {h} x {w} is not in tiles of {side}"
    return None


# ---- Models ----------------------------------------------------------------------------------------------------------

# answer(scale, tiles, first) returns the features of tiles, which are the scale's tiles from first on.
Answer = Callable[[int, torch.Tensor, int], torch.Tensor]


class Recorder:
    """A model that keeps what it is given and returns. Calls may hold fewer tiles than a scale has."""

    def __init__(self, counts: list[int], answer: Answer) -> None:
        self.counts, self.answer = counts, answer
        self.tiles: list[list[torch.Tensor]] = [[]]
        self.features: list[list[torch.Tensor]] = [[]]
        self.done = 0  # tiles of the current, last scale

    def __call__(self, tiles: torch.Tensor) -> torch.Tensor:
        if self.done == self.counts[len(self.tiles) - 1]:
            self.tiles.append([])
            self.features.append([])
            self.done = 0
        scale = len(self.tiles) - 1
        if scale == len(self.counts) or self.done + len(tiles) > self.counts[scale]:
            raise Refused(f"a model call of {len(tiles)} tiles after {self.done} of scale {scale}")
        features = self.answer(scale, tiles, self.done)
        self.done += len(tiles)
        self.tiles[-1].append(tiles)
        self.features[-1].append(features)
        return features

    def arrays(self) -> Arrays:
        if len(self.tiles) != len(self.counts) or self.done != self.counts[-1]:
            raise Refused("fewer model calls than there are tiles")
        kinds = {"tiles": self.tiles, "features": self.features}
        return {f"{kind}_{i}": to_array(torch.cat(parts)) for kind, scales in kinds.items()
                for i, parts in enumerate(scales)}


def replay(features: list[torch.Tensor]) -> Answer:
    return lambda scale, tiles, first: features[scale][first:first + len(tiles)]


def projection(case: Case, random: np.random.Generator) -> Answer:
    """Fixed random projections of patches, and of the mean patch for prefix tokens."""
    patch, prefix = case["patch"], case["num_prefix_token"]
    inputs = case["input_shape"][1] * patch * patch
    shape = (1 + prefix, inputs, case["feature_channels"])
    weights = torch.from_numpy(random.standard_normal(shape, dtype=np.float32)) / math.sqrt(inputs)

    def answer(scale: int, tiles: torch.Tensor, first: int) -> torch.Tensor:
        n, channels, side, _ = tiles.shape
        if side % patch:
            raise Refused(f"tiles of {side} pixels are not in patches of {patch}")
        g = side // patch
        patches = tiles.float().reshape(n, channels, g, patch, g, patch).permute(0, 2, 4, 1, 3, 5).reshape(n, g * g, -1)
        tokens = [patches.mean(1, keepdim=True) @ w for w in weights[1:]] + [patches @ weights[0]]
        features = torch.tanh(torch.cat(tokens, dim=1)).to(tiles.dtype)
        return features.transpose(1, 2).reshape(n, -1, g, g) if case["output_shape"] == "bchw" else features

    return answer


# ---- Cases -----------------------------------------------------------------------------------------------------------


def to_tensor(array: np.ndarray, dtype: str) -> torch.Tensor:
    if dtype == "bf16":  # NumPy has no such type: its files hold the bits
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def to_array(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.contiguous()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16)
    return tensor.numpy()


def run(original: Original, case: Case, image: torch.Tensor, answer: Answer) -> tuple[Case, Arrays]:
    """Returns the case with the shapes that came out, and all its arrays."""
    batch, _, height, _ = case["input_shape"]
    side = case["max_split_size"] or height
    model = Recorder([batch * math.ceil(h / side) * math.ceil(w / side) for h, w in case["img_sizes"]], answer)
    names = ["max_split_size", "resize_output_to_idx", "num_prefix_token", "output_shape", "split_forward"]
    arguments = {name: case[name] for name in names}
    if "scales" in case["given"]:
        arguments["scales"] = case["given"]["scales"]
    else:
        arguments["img_sizes"] = [tuple(s) if original.split_modes else s[0] for s in case["img_sizes"]]
    if original.split_modes:
        arguments["split_mode"] = case["split_mode"]
    with torch.no_grad():
        output = original.forward(model, image, **arguments)
    arrays = {"input": to_array(image), **model.arrays(), "output": to_array(output)}
    scales = range(len(case["img_sizes"]))
    shapes = {
        "tile_shapes": [list(arrays[f"tiles_{i}"].shape) for i in scales],
        "feature_shapes": [list(arrays[f"features_{i}"].shape) for i in scales],
        "output_tensor_shape": list(arrays["output"].shape),
    }
    return {**case, **shapes}, arrays


def rerun(original: Original, case: Case, folder: Path) -> tuple[Case, Arrays]:
    """Runs a case on its own input, for a model that answers with its features."""

    def load(name: str) -> torch.Tensor:
        return to_tensor(np.load(folder / f"{name}.npy"), case["dtype"])

    features = [load(f"features_{i}") for i in range(len(case["img_sizes"]))]
    return run(original, case, load("input"), replay(features))


def new_case(original: Original, name: str, spec: Case) -> Case:
    spec = dict(spec)
    given = spec.pop("given", None) or {key: spec.pop(key) for key in ("scales", "img_sizes") if key in spec}
    if "input_shape" not in spec or len(given) != 1:
        sys.exit("--spec needs input_shape, and one of scales and img_sizes")
    height, width = spec["input_shape"][2:]
    sizes = given.get("img_sizes") or [[int(height * s), int(width * s)] for s in given["scales"]]
    case = {
        "name": name,
        "variant": original.variant,
        "input_shape": spec["input_shape"],
        "given": given,
        "img_sizes": [s if isinstance(s, list) else [s, s] for s in sizes],
        "max_split_size": None,
        "split_mode": "resize",
        "resize_output_to_idx": 0,
        "num_prefix_token": 0,
        "output_shape": "bnc",
        "split_forward": False,
        "feature_channels": 6,
        "patch": 8,
        "dtype": "f32",
    }
    unknown = set(spec) - set(case) | {"name", "variant"} & set(spec)
    if unknown:
        sys.exit(f"--spec does not take {', '.join(sorted(unknown))}")
    return {**case, **spec}


def run_new(original: Original, case: Case) -> tuple[Case, Arrays]:
    random = np.random.default_rng(zlib.crc32(case["name"].encode()))
    image = torch.from_numpy(random.random(case["input_shape"], dtype=np.float32)) * 2 - 1
    return run(original, case, image.to(TORCH_TYPES[case["dtype"]]), projection(case, random))


def write(folder: Path, case: Case, arrays: Arrays) -> None:
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "case.json").write_text(json.dumps(case, indent=1))


# ---- Comparison ------------------------------------------------------------------------------------------------------


def distance(a: np.ndarray, b: np.ndarray, dtype: str) -> float:
    """The largest difference: absolute for f32, in units in the last place for f16 and bf16."""
    if dtype == "f32":
        return float(np.abs(a.astype(np.float64) - b).max())

    def ordered(array: np.ndarray) -> np.ndarray:
        bits = array.view(np.uint16).astype(np.int64)
        return np.where(bits & 0x8000, 0x8000 - bits, bits)

    return float(np.abs(ordered(a) - ordered(b)).max())


def compare(case: Case, arrays: Arrays, folder: Path) -> tuple[bool, str]:
    stored = json.loads((folder / "case.json").read_text())
    keys = [key for key in stored if stored[key] != case.get(key)]
    if keys:
        return False, "; ".join(f"{key} {case.get(key)} instead of {stored[key]}" for key in keys)
    limit, unit = (1e-5, "") if case["dtype"] == "f32" else (2, " ulp")
    ok, differences = True, []
    for name, array in arrays.items():
        other = np.load(folder / f"{name}.npy")
        if array.dtype != other.dtype or array.shape != other.shape:
            return False, f"{name} is {array.dtype} {array.shape} instead of {other.dtype} {other.shape}"
        if array.tobytes() != other.tobytes():
            most = distance(array, other, case["dtype"])
            ok = ok and most <= limit
            differences.append(f"{name} by up to {most:.3g}{unit}")
    return ok, ", ".join(differences) or "same bits"


# ---- Command line ----------------------------------------------------------------------------------------------------


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--original", default=PACKAGE, metavar="FOLDER",
                        help=f"folder with a package s2wrapper (default: {PACKAGE}, as installed)")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="say which cases the original can run")
    what.add_argument("--check", type=Path, metavar="DIR", help="run the cases of DIR and compare")
    what.add_argument("--out", type=Path, metavar="DIR", help="write cases to DIR, where they must not be yet")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these cases instead of all")
    parser.add_argument("--new", metavar="NAME", help="make a new case, with --spec and --out")
    parser.add_argument("--spec", type=json.loads, metavar="JSON", help="its parameters, with the keys of case.json")
    arguments = parser.parse_args()
    if (arguments.new is None) != (arguments.spec is None) or arguments.new and (not arguments.out or arguments.only):
        parser.error("--new, --spec and --out go together, without --only")
    return arguments


def main() -> int:
    arguments = parse()
    original = load_original(arguments.original)
    print(f"Original: {original.label}, variant {original.variant}, on PyTorch {torch.__version__}")

    source = arguments.check or HERE
    if arguments.new:
        cases = [new_case(original, arguments.new, arguments.spec)]
    else:
        there = sorted(path.parent.name for path in source.glob("*/case.json")
                       if "input_format" not in json.loads(path.read_text()))  # tests/chains makes these
        names = arguments.only or there
        if set(names) - set(there):
            sys.exit(f"no such case: {', '.join(sorted(set(names) - set(there)))}")
        cases = [json.loads((source / name / "case.json").read_text()) for name in names]

    if arguments.out:
        there = [case["name"] for case in cases if (arguments.out / case["name"]).exists()]
        if there:
            sys.exit(f"already in {arguments.out}: {', '.join(there)}")

    ran = bad = 0
    for case in cases:
        name = case["name"]
        reason = why_not(original, case)
        if reason or arguments.list:
            print(f"{name}: " + (f"skipped: the original {reason}" if reason else "can run"))
            continue
        ran += 1
        try:
            made, arrays = run_new(original, case) if arguments.new else rerun(original, case, source / name)
        except (Refused, AssertionError, RuntimeError) as error:
            print(f"{name}: FAILED: {type(error).__name__}: {error}")
            bad += 1
            continue
        if arguments.check:
            ok, text = compare(made, arrays, source / name)
            print(f"{name}: {'ok' if ok else 'DIFFERS'}: {text}")
            bad += not ok
        else:
            write(arguments.out / name, made, arrays)
            print(f"{name}: written")
    if not arguments.list:
        print(f"{ran} of {len(cases)} cases ran, {bad} {'failed' if arguments.out else 'failed or differ'}")
    return 1 if bad or not (ran or arguments.list) else 0


if __name__ == "__main__":
    sys.exit(main())
