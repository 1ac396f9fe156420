"""`make bench`: puts the checkout on the import path and hands over to `benchmarks.main`. Nothing else."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    sys.path[0:1] = [str(root), str(root / "scripts")]
    runpy.run_module("benchmarks.main", run_name="__main__")
