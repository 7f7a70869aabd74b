#!/usr/bin/env python3
"""Runs the original S2-Wrapper on PyTorch in turn with bench: same shapes, same machine, same minute. bench also runs
its peer in turn with s2vk: split and merge on the CPU, in plain C with OpenMP.

The model costs nothing on any side: s2vk's records nothing, and the others' features exist already. The times are those
of split and merge of all scales together: one submission and its wait, one call of forward(), one call of the peer."""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))
from regenerate import PACKAGE, TORCH_TYPES, Original, load_original, why_not  # noqa: E402

BOTH, COPY, SHADER, PEER = "split+merge", "copy: split+merge", "copy shader: split+merge", "peer"
MIN_RUNS = 3

Plan = dict[str, Any]


@dataclass
class Runner:
    """One way to run the original."""

    label: str
    device: str
    threads: int


@dataclass
class Row:
    shape: dict[str, Any] = field(default_factory=dict)  # as bench gave it last
    bench: dict[str, list[float]] = field(default_factory=dict)  # samples by job, by the host's clock
    ratio: dict[str, list[float]] = field(default_factory=dict)  # the same by the clock, for ratios to copies
    original: dict[str, list[float]] = field(default_factory=dict)  # samples by runner
    cores: float = math.inf  # that bench kept busy, in the turn when they were fewest
    reason: str | None = None  # why the original has none


# ---- bench -----------------------------------------------------------------------------------------------------------


def run_bench(arguments: argparse.Namespace, shape: str) -> dict[str, Any]:
    command = [arguments.bench, "--brief", "--json", "-", "--shapes", shape, "--seconds", str(arguments.seconds)]
    if not arguments.no_peer:
        command.append("--peer")
    if arguments.device:
        command += ["--device", str(arguments.device)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        hint = ""
        if not arguments.no_peer and "OpenMP" in done.stderr:
            hint = "\n(--no-peer goes without the peer, which needs OpenMP)"
        sys.exit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stderr}{hint}")
    return json.loads(done.stdout)


def shape_names(bench: str) -> list[str]:
    done = subprocess.run([bench, "--help"], stdout=subprocess.PIPE, text=True, check=True)
    block = done.stdout.split("\n\n")[1]
    return [line.split()[0] for line in block.splitlines()]


def add_bench(row: Row, report: dict[str, Any]) -> None:
    row.shape = report["shapes"][0]
    row.cores = min(row.cores, row.shape["jobs"][BOTH]["cores"])
    for name in (BOTH, COPY, SHADER, PEER):
        if job := row.shape["jobs"].get(name):
            row.bench.setdefault(name, []).extend(job["host_ms"]["samples"])
            if name != PEER:
                row.ratio.setdefault(name, []).extend(job[report["clock"]["ratios_by"]]["samples"])


# ---- The original ----------------------------------------------------------------------------------------------------


def image_sizes(plan: Plan) -> list[list[int]]:
    if "img_sizes" in plan:
        return plan["img_sizes"]
    return [[int(plan["height"] * s), int(plan["width"] * s)] for s in plan["scales"]]


def reason_against(original: Original, plan: Plan) -> str | None:
    """Why the original cannot run a plan, or would compute something else."""
    if plan["tiles_per_call"] not in (0, plan["batch"]):
        return f"the original cannot run {plan['tiles_per_call']} tile of {plan['batch']} images per call"
    case = {
        "input_shape": [plan[key] for key in ("batch", "channels", "height", "width")],
        "img_sizes": image_sizes(plan),
        "max_split_size": plan["max_split_size"] or None,
        "split_mode": plan["split_mode"],
        "variant": "seed",  # the grid policy of bench's plans, which is the library's default
    }
    reason = why_not(original, case)
    if not reason:
        return None
    if original.split_modes:
        return f"the original {reason}"
    if plan["height"] == plan["width"]:
        reason = "cuts a scale into even tiles instead of tiles of one size, which is another computation"
    return f"the original {reason}; its version with split_mode can run this: give its folder with --original"


def call_arguments(original: Original, plan: Plan, split_forward: bool) -> dict[str, Any]:
    arguments = {
        "max_split_size": plan["max_split_size"] or None,
        "resize_output_to_idx": plan["resize_output_to_idx"],
        "num_prefix_token": plan["num_prefix_token"],
        "output_shape": plan["output_shape"],
        "split_forward": split_forward,
    }
    if "scales" in plan:
        arguments["scales"] = plan["scales"]
    else:
        arguments["img_sizes"] = [tuple(size) if original.split_modes else size[0] for size in plan["img_sizes"]]
    if original.split_modes:
        arguments["split_mode"] = plan["split_mode"]
    return arguments


def random_image(plan: Plan, device: str) -> torch.Tensor:
    shape = [plan[key] for key in ("batch", "channels", "height", "width")]
    return (torch.rand(shape) * 2 - 1).to(device, TORCH_TYPES[plan["type"]])


def prepared_model(plan: Plan, device: str, split_forward: bool) -> Callable[[torch.Tensor], torch.Tensor]:
    """A model that returns what was made before the clock started."""
    side = plan["max_split_size"] or plan["height"]
    counts = [plan["batch"] * (1 if split_forward else math.ceil(h / side) * math.ceil(w / side))
              for h, w in image_sizes(plan)]
    dtype = TORCH_TYPES[plan["type"]]
    features = {n: (torch.rand([n, *plan["features"]]) * 2 - 1).to(device, dtype) for n in set(counts)}
    return lambda tiles: features[len(tiles)]


def time_original(original: Original, plan: Plan, runner: Runner, seconds: float) -> list[float]:
    torch.set_num_threads(runner.threads)
    split_forward = plan["tiles_per_call"] != 0
    image = random_image(plan, runner.device)
    model = prepared_model(plan, runner.device, split_forward)
    arguments = call_arguments(original, plan, split_forward)

    def once() -> float:
        start = time.perf_counter()
        original.forward(model, image, **arguments)
        if runner.device == "cuda":
            torch.cuda.synchronize()
        return (time.perf_counter() - start) * 1e3

    with torch.no_grad():
        once()
        samples: list[float] = []
        end = time.perf_counter() + seconds
        while len(samples) < MIN_RUNS or time.perf_counter() < end:
            samples.append(once())
    return samples


# ---- Memory ----------------------------------------------------------------------------------------------------------


def process_memory(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {key}")


def print_peak(original: Original, plan: Plan, split_forward: bool) -> None:
    """In a process of its own: how far one call of forward() takes memory beyond the input. The model makes its
    features anew, as models do."""
    dtype = TORCH_TYPES[plan["type"]]

    def model(tiles: torch.Tensor) -> torch.Tensor:
        return torch.ones([len(tiles), *plan["features"]], dtype=dtype)

    arguments = call_arguments(original, plan, split_forward)
    small = dict(plan, batch=1)
    with torch.no_grad():
        original.forward(model, random_image(small, "cpu"), **arguments)  # loads what PyTorch loads late
        image = random_image(plan, "cpu")
        before = process_memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
        original.forward(model, image, **arguments)
    print(process_memory("VmHWM") - before)


def peak(arguments: argparse.Namespace, plan: Plan, split_forward: bool) -> float | None:
    """In MB; None where it cannot be found out."""
    command = [sys.executable, __file__, "--bench", arguments.bench, "--original", arguments.original, "--peak",
               json.dumps({"plan": plan, "split_forward": split_forward})]
    # With one heap, and pages given back at once, what is held is what is used.
    environment = dict(os.environ, MALLOC_ARENA_MAX="1", MALLOC_MMAP_THRESHOLD_="65536", MALLOC_TRIM_THRESHOLD_="0")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        return int(done.stdout.splitlines()[-1]) / 1e6
    except (ValueError, IndexError):
        print(f"compare: peak memory: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None


def print_memory(arguments: argparse.Namespace, rows: dict[str, Row]) -> None:
    print("\nMemory, MB. s2vk: its workspace (tiles and features of the largest call, accumulator); with the\n"
          "output all that it uses beside the input. The original: peak of its process beyond the input.")
    print(f"  {'shape':9} {'calls':>6} {'workspace':>10} {'+ output':>9} {'original':>9} {'split_forward':>14}")
    for name, row in rows.items():
        size = row.shape["buffer_bytes"]
        workspace = size["tiles"] + size["features"] + size["accumulator"]
        peaks = [None if row.reason else peak(arguments, row.shape["plan"], forward) for forward in (False, True)]
        cells = ["-" if p is None else f"{p:.1f}" for p in peaks]
        print(f"  {name:9} {row.shape['calls']:6} {workspace / 1e6:10.1f} {(workspace + size['output']) / 1e6:9.1f} "
              f"{cells[0]:>9} {cells[1]:>14}")


# ---- Table -----------------------------------------------------------------------------------------------------------


def quantile(samples: list[float], q: float) -> float:
    ordered = sorted(samples)
    rank = q * (len(ordered) - 1)
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (rank - below) * (ordered[above] - ordered[below])


def spread(samples: list[float]) -> str:
    return f"{quantile(samples, 0.5):9.3f} {quantile(samples, 0.1):9.3f}-{quantile(samples, 0.9):<9.3f}"


def turn_by_turn(samples: list[float], others: list[float]) -> list[float]:
    """bench's jobs take turns: each has one sample of a round."""
    return [a / b for a, b in zip(samples, others)]


def ratio_spread(ratios: list[float]) -> str:
    return f"{quantile(ratios, 0.5):.2f} ({quantile(ratios, 0.1):.2f}-{quantile(ratios, 0.9):.2f})"


def print_table(rows: dict[str, Row], runners: list[Runner]) -> None:
    print("\nBoth passes, ms by the host's clock: median, 10th-90th percentile. cores: how many bench kept busy.\n"
          "/copy, /shader: the time of s2vk divided by the time of vkCmdCopyBuffer, or of the best copy shader, for\n"
          "the same bytes, turn by turn. faster: the time of the peer, or of the original, divided by that of s2vk.")
    head = (f"  {'shape':9} {'s2vk':^29} {'cores':>5} {'/copy':>18} {'/shader':>18} | {'peer, plain C':^29} "
            f"{'faster':>7}")
    print(head + "".join(f" | {runner.label:^29} {'faster':>7}" for runner in runners))
    for name, row in rows.items():
        ours = quantile(row.bench[BOTH], 0.5)
        ratios = [ratio_spread(turn_by_turn(row.ratio[BOTH], row.ratio[other])) for other in (COPY, SHADER)]
        line = f"  {name:9} {spread(row.bench[BOTH])} {row.cores:5.2f} {ratios[0]:>18} {ratios[1]:>18}"
        others = [(row.bench.get(PEER), turn_by_turn(row.bench.get(PEER, []), row.bench[BOTH]))]
        for runner in runners:
            samples = row.original.get(runner.label)
            others.append((samples, [quantile(samples, 0.5) / ours] if samples else []))
        for samples, faster in others:
            line += f" | {spread(samples)} {quantile(faster, 0.5):7.2f}" if samples else f" | {'-':>29} {'-':>7}"
        print(line)
    reasons: dict[str, list[str]] = {}
    for name, row in rows.items():
        for reason in (row.reason, row.shape.get("no_peer")):
            if reason:
                reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        print(f"  {', '.join(names)}: {reason}.")


def print_head(original: Original, report: dict[str, Any]) -> None:
    device, machine = report["device"], report["machine"]
    print(f"Machine   {machine['cpu']}, {machine['cores']} cores")
    print(f"Device    {device['name']}; {device['driver']}; Vulkan {device['vulkan']}")
    kind = f"any shape, with split_mode, variant {original.variant}" if original.split_modes else "square images only"
    print(f"Original  {original.label}: {kind}; PyTorch {torch.__version__}"
          + (f", CUDA device {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ", no CUDA"))
    print(f"Clock     ratios to copies are taken by {report['clock']['ratios_by']}")


# ---- Command line ----------------------------------------------------------------------------------------------------


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, metavar="PROGRAM", help="bench, as built")
    parser.add_argument("--original", default=PACKAGE, metavar="FOLDER",
                        help=f"folder with a package s2wrapper (default: {PACKAGE}, as installed)")
    parser.add_argument("--shapes", metavar="NAME,...", help="these instead of all of bench's")
    parser.add_argument("--no-peer", action="store_true",
                        help="without bench's peer, which a build without OpenMP lacks")
    parser.add_argument("--device", type=int, metavar="N", help="as bench's option")
    parser.add_argument("--seconds", type=float, default=1, metavar="S",
                        help=f"time per measurement and turn (default 1; the original runs at least {MIN_RUNS} times)")
    parser.add_argument("--turns", type=int, choices=range(1, 100), default=2, metavar="N",
                        help="of bench and original, per shape (default 2)")
    parser.add_argument("--threads", default="1,2", metavar="N,...", help="of PyTorch on the CPU (default 1,2)")
    parser.add_argument("--memory", action="store_true", help="find out peak memory too, where there is /proc")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples too")
    parser.add_argument("--peak", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(arguments: argparse.Namespace, original: Original, runners: list[Runner], name: str) -> tuple[Row, Any]:
    row = Row()
    for turn in range(arguments.turns):
        print(f"compare: {name}: turn {turn + 1} of {arguments.turns}", file=sys.stderr)
        report = run_bench(arguments, name)
        add_bench(row, report)
        plan = row.shape["plan"]
        row.reason = reason_against(original, plan)
        for runner in runners if not row.reason else []:
            samples = time_original(original, plan, runner, arguments.seconds)
            row.original.setdefault(runner.label, []).extend(samples)
    return row, report


def main() -> int:
    arguments = parse()
    original = load_original(arguments.original)
    if arguments.peak:
        print_peak(original, arguments.peak["plan"], arguments.peak["split_forward"])
        return 0
    runners = [Runner(f"original, {n} thread{'s' * (n > 1)}", "cpu", n) for n in map(int, arguments.threads.split(","))]
    if torch.cuda.is_available():
        runners.append(Runner("original, CUDA", "cuda", 1))
    names = arguments.shapes.split(",") if arguments.shapes else shape_names(arguments.bench)
    rows: dict[str, Row] = {}
    report: dict[str, Any] = {}
    for name in names:
        rows[name], report = measure(arguments, original, runners, name)
        if len(rows) == 1:
            print_head(original, report)
    print_table(rows, runners)
    if arguments.memory:
        print_memory(arguments, rows)
    if arguments.json:
        keys = ("device", "machine", "clock")
        result = {**{key: report[key] for key in keys}, "original": original.label, "torch": torch.__version__,
                  "shapes": {name: {"bench_ms": row.bench, "original_ms": row.original, "reason": row.reason}
                             for name, row in rows.items()}}
        arguments.json.write_text(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
