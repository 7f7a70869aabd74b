#!/usr/bin/env python3
"""Makes a photograph small with Pillow, and with PyTorch if it is there, in turn with bench: same sizes, same filter,
same machine, same minute. P-bytes, P-nvila and P-llava make Pillow's bytes; P-llava is one resize, and S2's own two
after it. PyTorch's antialiased resize of bytes makes nearly Pillow's bytes.

Pillow and PyTorch resize 8-bit pixels to 8-bit pixels on one thread. s2vk makes float tiles of the same number of
pixels, and merges features after it; what is timed is one submission of both passes and its wait, on all processors.
The ratios called CPU are of the time that processors were used, s2vk's divided by the number of them; other work
disturbs these least."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, __version__

try:
    import torch
except ImportError:
    torch = None

HERE = Path(__file__).resolve().parent
SIZES = {"P": [336], "P-bytes": [336], "P-set": [336, 672, 1008], "P-nvila": [336, 672, 1008], "P-llava": [1008]}
WIDTH, HEIGHT = 4000, 3000

Times = tuple[float, float]  # ms that passed, and of processors


def bench_ms(bench: Path, shape: str, seconds: float) -> Times:
    """Medians of both passes."""
    command = [str(bench), "--shapes", shape, "--brief", "--seconds", str(seconds), "--json", "-"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    job = report["shapes"][0]["jobs"]["split+merge"]
    return float(job["host_ms"]["median"]), float(job["cpu_ms"]["median"]) / float(report["machine"]["cores"])


def resizing_ms(resize: Callable[[int], object], sizes: list[int], seconds: float) -> Times:
    """Medians of all sizes."""
    times: list[Times] = []
    while len(times) < 3 or sum(passed for passed, _ in times) < seconds * 1e3:
        start, used = time.perf_counter(), time.process_time()
        for size in sizes:
            resize(size)
        times.append(((time.perf_counter() - start) * 1e3, (time.process_time() - used) * 1e3))
    return statistics.median(passed for passed, _ in times), statistics.median(used for _, used in times)


def pytorch_resize(image: Image.Image) -> Callable[[int], object]:
    """Of a tensor whose channels are side by side, for which PyTorch is fastest."""
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).reshape(1, HEIGHT, WIDTH, 3)
    planes = pixels.permute(0, 3, 1, 2)
    return lambda size: torch.nn.functional.interpolate(planes, (size, size), mode="bicubic", antialias=True)


def median(times: list[Times]) -> Times:
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)


def print_row(shape: str, ours: Times, peers: list[Times]) -> None:
    cells = [f"{ours[0]:8.1f}"]
    for peer in peers:
        cells += [f"{peer[0]:8.1f}", f"{ours[0] / peer[0]:6.2f}", f"{ours[1] / peer[1]:6.2f}"]
    print(f"{shape:<8} " + " ".join(cells), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=HERE.parents[1] / "build/samples/bench/bench",
        help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="turns that each takes (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1, help="of each turn (default: %(default)s)")
    arguments = parser.parse_args()
    if not arguments.bench.exists():
        print(f"pillow.py: {arguments.bench} is not there: build it, or name it with --bench", file=sys.stderr)
        return 2
    image = Image.frombytes("RGB", (WIDTH, HEIGHT), os.urandom(WIDTH * HEIGHT * 3))
    resizes: list[Callable[[int], object]] = [lambda size: image.resize((size, size), Image.BICUBIC)]
    versions = [f"Pillow {__version__}"]
    if torch:
        torch.set_num_threads(1)
        resizes.append(pytorch_resize(image))
        versions.append(f"PyTorch {torch.__version__}")
    else:
        print("pillow.py: PyTorch is not there, and is not measured", file=sys.stderr)
    print(f"{', '.join(versions)}; a {WIDTH} x {HEIGHT} photograph, antialiased bicubic; medians in ms")
    columns = [f"{name.split()[0]:>8} {'ratio':>6} {'CPU':>6}" for name in versions]
    print(f"{'shape':<8} {'s2vk':>8} " + " ".join(columns))
    for shape, sizes in SIZES.items():
        ours: list[Times] = []
        theirs: list[list[Times]] = [[] for _ in resizes]
        for _ in range(arguments.rounds):
            print(f"pillow.py: {shape}", file=sys.stderr)
            for resize, times in zip(resizes, theirs):
                times.append(resizing_ms(resize, sizes, arguments.seconds))
            ours.append(bench_ms(arguments.bench, shape, arguments.seconds))
        print_row(shape, median(ours), [median(times) for times in theirs])
    return 0


if __name__ == "__main__":
    sys.exit(main())
