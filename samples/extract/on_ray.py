#!/usr/bin/env python3
"""on_ray.py EXTRACT OUTPUT TAR... [-- OPTION...]: runs EXTRACT on each tar file, one Ray task for each file, on all
machines of the cluster that RAY_ADDRESS names, or on this machine. All machines must see EXTRACT, the tar files and
OUTPUT under these paths. Tar files that are done are skipped. Needs Ray (PyPI)."""
import subprocess
import sys

import ray

arguments, options = sys.argv[1:], []
if "--" in arguments:
    arguments, options = arguments[:arguments.index("--")], arguments[arguments.index("--") + 1:]
extract, output, *tars = arguments


@ray.remote(max_retries=3)
def run(tar):
    return tar, subprocess.run([extract, tar, "--output", output, "--shard", "1/1", *options]).returncode


ray.init()
failed = [tar for tar, status in ray.get([run.remote(tar) for tar in tars]) if status not in (0, 3)]
sys.exit(f"{len(failed)} tar files are not done: {failed}" if failed else 0)
