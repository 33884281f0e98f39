"""Runs models for the process that started this one.

It is started by its path, in an interpreter without site packages, and given the path of the extension: whatever environment the package
was imported from, the worker runs the same engine, and loads nothing else.
"""

import importlib.util
import sys


def main(extension: str) -> None:
    spec = importlib.util.spec_from_file_location("assay._native", extension)
    assert spec is not None and spec.loader is not None
    native = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(native)
    native.worker_main()


if __name__ == "__main__":
    main(sys.argv[1])
