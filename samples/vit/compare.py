#!/usr/bin/env python3
"""Runs Hugging Face transformers with the original S2-Wrapper on PyTorch in turn with vit-bench: same weights, same
image, same machine, same minute; prints one table of how long both took and how far the features are apart.

With --engines, ONNX Runtime and OpenVINO on the CPU run the same model, exported to ONNX, under the original
S2-Wrapper, too.

Needs PyTorch, transformers, scaling-on-scales, einops and pillow, as tests/vit/README.md says, and for --engines the
packages of those names. Exit status: 0 if all features agree, 1 if not."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import s2wrapper
import torch
import transformers

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "vit"))
from full import LIMITS, MODELS, checkpoint  # noqa: E402
from regenerate import TORCH_TYPES  # noqa: E402

MEMORY = "1,5,14"  # tiles per call
BENCH = "vit-bench"
STAGES = ("split", "model", "merge")


@dataclass
class Row:
    model: str
    scales: str
    result: dict[str, Any] = field(default_factory=dict)  # as vit-bench gave it last
    bench: dict[str, list[float]] = field(default_factory=dict)  # samples: the whole, and its stages
    original: dict[str, list[float]] = field(default_factory=dict)  # samples, by PyTorch's threads or the engine's name
    core_ms: dict[str, list[float]] = field(default_factory=dict)  # likewise: time of all cores; BENCH's too
    peaks: list[float] = field(default_factory=list)
    error: float = 0


# ---- vit-bench -------------------------------------------------------------------------------------------------------


def run_bench(options: argparse.Namespace, model: Path, scales: str, memory: str, work: Path) -> dict[str, Any]:
    command = [options.bench, "--model", model, "--scales", scales, "--memory", memory, "--runs", str(options.runs),
               "--seconds", str(options.seconds), "--json", "-", "--input", work / "input.npy",
               "--output", work / "output.npy"]
    if options.device:
        command += ["--device", str(options.device)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def add_bench(row: Row, report: dict[str, Any]) -> None:
    row.result = report["results"][0]
    row.core_ms.setdefault(BENCH, []).extend(ms * row.result["cores"] for ms in row.result["host_ms"])
    row.peaks.append(report["peak_gflops_core"])
    for key in ("host", *STAGES):
        row.bench.setdefault(key, []).extend(row.result[f"{key}_ms"])


# ---- The original ----------------------------------------------------------------------------------------------------


def run_original(forward: Callable[[], torch.Tensor], threads: int, runs: int,
                 seconds: float) -> tuple[np.ndarray, list[float], list[float]]:
    torch.set_num_threads(threads)
    with torch.no_grad():
        samples: list[float] = []
        core_ms: list[float] = []
        end = time.perf_counter() + seconds
        while len(samples) < runs or time.perf_counter() < end:
            start, busy = time.perf_counter(), time.process_time()
            output = forward()
            samples.append((time.perf_counter() - start) * 1e3)
            core_ms.append((time.process_time() - busy) * 1e3)
    return output.numpy(), samples, core_ms


def load_engine(name: str, model: Any, side: int, work: Path) -> Callable[[torch.Tensor], torch.Tensor]:
    """The same model on one thread of another engine."""
    path = str(work / "model.onnx")

    class Tokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.model(pixels).last_hidden_state

    torch.onnx.export(Tokens(), torch.zeros(1, 3, side, side), path, input_names=["pixels"], output_names=["tokens"],
                      dynamic_axes={"pixels": {0: "batch"}, "tokens": {0: "batch"}}, opset_version=14)
    if name == "onnxruntime":
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda tiles: torch.from_numpy(session.run(None, {"pixels": tiles.numpy()})[0])
    import openvino
    hints = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(path, "CPU", hints)
    return lambda tiles: torch.from_numpy(np.array(compiled(tiles.numpy())[0]))


def blas() -> str:
    """The library that PyTorch found for its matrix products, which is what its speed depends on."""
    names = {Path(line.split()[-1]).name for line in Path("/proc/self/maps").read_text().splitlines() if "/" in line}
    return next((name for name in sorted(names, reverse=True) if "openblas" in name or "mkl" in name or "blis" in name),
                "the reference BLAS" if "libblas.so.3" in str(names) else "its own")


def count_threads(threads: int) -> str:
    return f"{threads} thread" + "s" * (threads > 1)


def relative_error(ours: np.ndarray, theirs: np.ndarray) -> float:
    if ours.shape != theirs.shape:
        return float("inf")
    return float(np.abs(ours - theirs).max() / np.sqrt(np.mean(np.square(theirs, dtype=np.float64))))


def measure(options: argparse.Namespace, name: str, folder: Path, model: Any, scales: str, memory: str,
            work: Path) -> tuple[Row, list[dict[str, Any]]]:
    row, reports = Row(name, scales), []
    side = MODELS[name].image_size
    image = torch.rand([1, 3, side, side], generator=torch.Generator().manual_seed(1)) * 2 - 1
    np.save(work / "input.npy", image.numpy())
    values = [float(scale) for scale in scales.split(",")]

    def around(run: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[], torch.Tensor]:
        return lambda: s2wrapper.forward(run, image, scales=values, max_split_size=side, num_prefix_token=1)

    rivals = {count_threads(int(n)): (int(n), around(lambda tiles: model(tiles).last_hidden_state))
              for n in options.threads.split(",")}
    for engine in filter(None, options.engines.split(",")):
        rivals[engine] = 1, around(load_engine(engine, model, side, work))
    with torch.no_grad():
        for _, forward in rivals.values():
            forward()  # finds its memory, and loads what is loaded late
    for turn in range(options.turns):
        print(f"compare: {name} at {scales}: turn {turn + 1} of {options.turns}", file=sys.stderr)
        reports.append(run_bench(options, folder, scales, "none" if turn else memory, work))
        add_bench(row, reports[-1])
        for label, (threads, forward) in rivals.items():
            output, samples, core_ms = run_original(forward, threads, options.runs, options.seconds)
            row.original.setdefault(label, []).extend(samples)
            row.core_ms.setdefault(label, []).extend(core_ms)
            row.error = max(row.error, relative_error(np.load(work / "output.npy"), output))
    return row, reports


# ---- Table -----------------------------------------------------------------------------------------------------------


def spread(samples: list[float]) -> str:
    low, middle, high = np.percentile(samples, [10, 50, 90])
    return f"{middle:8.0f} {f'{low:.0f}-{high:.0f}':13}"


def print_head(report: dict[str, Any]) -> None:
    device, machine = report["device"], report["machine"]
    print(f"Machine   {machine['cpu']}, {machine['cores']} cores")
    print(f"Device    {device['name']}; {device['driver']}; Vulkan {device['vulkan']}")
    print(f"Original  transformers {transformers.__version__}, scaling-on-scales, PyTorch {torch.__version__} "
          f"on the CPU, with {blas()}")


def print_columns(rivals: list[str]) -> None:
    print("\nOne image, ms: median, 10th-90th percentile. GF/core: GFLOP (by vit_flops()) for each second of a core's\n"
          "time, which other work on the machine changes little. peak: the share of the device's fastest loop of\n"
          "multiplications and additions. S2: share of split and merge. error: the largest of a feature, divided by\n"
          "the root mean square of the features.")
    print(f"  {'model':5} {'scales':6} {'tiles':>5} {'GFLOP':>6} | {'s2vk':>8} {'':13} {'images/s':>8} {'GFLOP/s':>7} "
          f"{'GF/core':>7} {'peak':>5} {'S2':>6}"
          + "".join(f" | {label:>11} {'':10} {'images/s':>8} {'GFLOP/s':>7} {'GF/core':>7}" for label in rivals)
          + f" | {'error':>7}", flush=True)


def print_row(row: Row) -> None:
    result, gflop = row.result, row.result["flops"] / 1e9
    stages = [float(np.median(row.bench[stage])) for stage in STAGES]
    share = (stages[0] + stages[2]) / sum(stages)

    def speed(samples: list[float], core_ms: list[float]) -> str:
        ms, core = float(np.median(samples)), float(np.median(core_ms))
        return f"{spread(samples)} {1e3 / ms:8.3f} {gflop / ms * 1e3:7.1f} {gflop / core * 1e3:7.1f}"

    peak = gflop / float(np.median(row.core_ms[BENCH])) * 1e3 / max(row.peaks)
    print(f"  {row.model:5} {row.scales:6} {result['tiles']:5} {gflop:6.1f} | "
          f"{speed(row.bench['host'], row.core_ms[BENCH])} {peak:5.0%} {share:6.2%}"
          + "".join(f" | {speed(samples, row.core_ms[n])}" for n, samples in row.original.items())
          + f" | {row.error:7.1e}", flush=True)


def print_memory(results: list[tuple[str, dict[str, Any]]]) -> None:
    print("\nDevice memory, MB (10^6), exact. calls: tiles and features of the largest call, accumulator; ends:\n"
          "input, output, tables of the plan; allocated: all of it, at vkAllocateMemory.")
    keys = ("weights", "workspace", "calls", "ends", "allocated")
    print(f"  {'model':5} {'scales':6} {'tiles/call':>10}" + "".join(f" {key:>9}" for key in keys))
    for name, result in results:
        scales = ",".join(f"{scale:g}" for scale in result["scales"])
        print(f"  {name:5} {scales:6} {result['tiles_per_call']:10}"
              + "".join(f" {result['bytes'][key] / 1e6:9.2f}" for key in keys))


# ---- Command line ----------------------------------------------------------------------------------------------------


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, metavar="PROGRAM", help="vit-bench, as built")
    parser.add_argument("--models", default="b32,b16", metavar="NAME,...",
                        help=f"of {', '.join(MODELS)} (default b32,b16)")
    parser.add_argument("--type", choices=TORCH_TYPES, default="f32", help="of the weights (default f32)")
    parser.add_argument("--scales", default="1/1,2/1,2,3", metavar="LIST[/LIST]", help="as vit-bench's option")
    parser.add_argument("--device", type=int, metavar="N", help="as vit-bench's option")
    parser.add_argument("--seconds", type=float, default=1, metavar="S",
                        help="time per measurement and turn (default 1)")
    parser.add_argument("--runs", type=int, default=2, metavar="N",
                        help="per measurement and turn, at least (default 2)")
    parser.add_argument("--turns", type=int, default=2, metavar="N", help="of vit-bench and original (default 2)")
    parser.add_argument("--threads", default="1,2", metavar="N,...", help="of PyTorch on the CPU (default 1,2)")
    parser.add_argument("--engines", default="", metavar="NAME,...",
                        help="onnxruntime and openvino, each on one thread of the CPU")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples too")
    return parser.parse_args()


def main() -> int:
    options = parse()
    rows: list[Row] = []
    reports: list[dict[str, Any]] = []
    memory: list[tuple[str, dict[str, Any]]] = []
    lists = options.scales.split("/")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models.split(","):
            path = Path(folder) / name
            model = checkpoint(path, MODELS[name], options.type)
            for scales in lists:
                row, made = measure(options, name, path, model, scales, MEMORY if scales == lists[-1] else "none",
                                    Path(folder))
                if not rows:
                    print_head(made[0])
                    print_columns(list(row.original))
                print_row(row)
                rows.append(row)
                reports += made
                memory += [(name, result) for report in made for result in report["results"] if not result["host_ms"]]
    print_memory(memory)
    if options.json:
        options.json.write_text(json.dumps({"reports": reports, "rows": [vars(row) for row in rows]}, indent=1))
    return 0 if all(row.error <= LIMITS[options.type] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
