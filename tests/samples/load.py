#!/usr/bin/env python3
"""load.py SRC FOLDER INDEX...: checks samples/extract/load.py. Every INDEX must give the same arrays, height x width x
channels, and these must be the .npy files of FOLDER, which are named after the images. It reads them into NumPy and, if
they are installed, into torch and datasets."""
import importlib.util
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(sys.argv[1]) / "samples" / "extract"))
import load  # noqa: E402

folder, indices = Path(sys.argv[2]), sys.argv[3:]
for index in indices:
    names = set()
    for record, features in load.load(index):
        names.add(record["name"])
        array = np.load(folder / (record["name"] + ".npy"))
        assert features.ndim == 3 and list(features.shape[:2]) == record["grid"], (index, record, features.shape)
        height, width = record["image"]["size"]
        assert (height > width) == (features.shape[0] > features.shape[1]), (index, record, features.shape)
        assert np.array_equal(features.reshape(-1), array.reshape(-1)), (index, record)
    assert names == {str(path.relative_to(folder))[:-4] for path in folder.rglob("*.npy")}, (index, names)
    print(f"{index}: {len(names)} arrays")

one_grid = [features for _, features in load.load(indices[0]) if features.shape[0] > features.shape[1]]
assert np.stack(one_grid).ndim == 4
if importlib.util.find_spec("torch"):
    import torch

    tensor = torch.from_numpy(np.stack(one_grid))
    assert tuple(tensor.shape) == (len(one_grid), *one_grid[0].shape)
    print("torch:", *tensor.shape)
else:
    print("SKIPPED: no torch here")
if importlib.util.find_spec("datasets"):
    import datasets

    dataset = datasets.Dataset.from_generator(load.rows, gen_kwargs={"indices": [indices[0]]}).with_format("numpy")
    for row, (record, features) in zip(dataset, load.load(indices[0])):
        assert row["name"] == record["name"] and np.allclose(np.asarray(row["features"].tolist()), features)
    print("datasets:", len(dataset), "rows")
else:
    print("SKIPPED: no datasets here")
