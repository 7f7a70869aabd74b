#!/usr/bin/env python3
"""load.py INDEX...: features that extract wrote, as arrays of height x width x channels.

    for record, features in load("features/index.jsonl"): ...        # one by one; record says how they were made
    array = stack("features.jsonl")                                  # B x H x W x D, of images with one grid
    tensor = torch.from_numpy(stack("features.jsonl"))
    dataset = datasets.Dataset.from_generator(rows, gen_kwargs={"indices": ["features/index.jsonl"]})

An index is beside the features that it names: index.jsonl in a folder of .npy files, NAME.jsonl beside
NAME.safetensors."""
import functools
import json
import os
import sys
from pathlib import Path

import numpy as np

DTYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}


@functools.lru_cache(maxsize=8)
def header(path):
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return 8 + length, json.loads(file.read(length))


def read(path, record):
    if path.suffix == ".npy":
        return np.load(path, mmap_mode="r")
    begin, entries = header(path)
    entry = entries[record["tensor"]]
    return np.memmap(path, DTYPES[entry["dtype"]], "r", begin + entry["data_offsets"][0], tuple(entry["shape"]))


def arrange(tokens, record):
    """Tokens x channels as height x width x channels."""
    height, width = record.get("block", record["grid"])
    inside = (width, height) if record.get("by_columns") else (height, width)
    blocks = tokens.reshape(*record.get("blocks", (1, 1)), *inside, -1)  # one after the other
    blocks = blocks.swapaxes(2, 3) if record.get("by_columns") else blocks
    return blocks.transpose(0, 2, 1, 3, 4).reshape(*record["grid"], -1)


def load(*indices):
    for index in map(Path, indices):
        for record in map(json.loads, index.open(encoding="utf-8")):
            path = record["features"]
            if "features_hex" in record:  # the bytes of a name that is not UTF-8
                path = os.fsdecode(bytes.fromhex(record["features_hex"]))
            features = np.asarray(read(index.parent / path, record))[0]
            if record["type"] == "bf16":
                features = (features.astype(np.uint32) << 16).view(np.float32)
            if features.ndim == 3:  # channels x height x width
                yield record, features.transpose(1, 2, 0)
            elif record["grid"] == [0, 0]:  # of --prefix-only, tokens x channels
                yield record, features
            else:  # tokens x channels, CLS and registers ahead
                yield record, arrange(features[record["prefix"]:], record)


def stack(*indices):
    return np.stack([features for _, features in load(*indices)])


def rows(indices):
    for record, features in load(*indices):
        yield {"name": record["name"], "features": features}


if __name__ == "__main__":
    for record, features in load(*sys.argv[1:]):
        print(record["name"], *features.shape, features.dtype)
