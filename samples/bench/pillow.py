#!/usr/bin/env python3
"""Makes a photograph small with Pillow in turn with bench: same sizes, same filter, same machine, same minute.
P-bytes, P-nvila and P-llava make the same bytes; P-llava is one resize, and S2's own two after it.

Pillow resizes 8-bit pixels to 8-bit pixels on one thread. s2vk makes float tiles of the same number of pixels, and
merges features after it; what is timed is one submission of both passes and its wait."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image, __version__

HERE = Path(__file__).resolve().parent
SIZES = {"P": [336], "P-bytes": [336], "P-set": [336, 672, 1008], "P-nvila": [336, 672, 1008], "P-llava": [1008]}
WIDTH, HEIGHT = 4000, 3000


def bench_ms(bench: Path, shape: str, seconds: float) -> float:
    """Median of both passes."""
    command = [str(bench), "--shapes", shape, "--brief", "--seconds", str(seconds), "--json", "-"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    return float(report["shapes"][0]["jobs"]["split+merge"]["host_ms"]["median"])


def pillow_ms(image: Image.Image, sizes: list[int], seconds: float) -> float:
    """Median of all sizes."""
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds * 1e3:
        start = time.perf_counter()
        for size in sizes:
            image.resize((size, size), Image.BICUBIC)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


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
    print(f"Pillow {__version__}; a {WIDTH} x {HEIGHT} photograph, antialiased bicubic; medians in ms")
    print(f"{'shape':<8} {'s2vk':>8} {'Pillow':>8} {'ratio':>6}")
    for shape, sizes in SIZES.items():
        ours, theirs = [], []
        for _ in range(arguments.rounds):
            print(f"pillow.py: {shape}", file=sys.stderr)
            theirs.append(pillow_ms(image, sizes, arguments.seconds))
            ours.append(bench_ms(arguments.bench, shape, arguments.seconds))
        a, b = statistics.median(ours), statistics.median(theirs)
        print(f"{shape:<8} {a:8.1f} {b:8.1f} {a / b:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
