"""ONNX Runtime on one thread: sums keep their order, and at batch 1 more threads only wait for each other."""

from pathlib import Path
from typing import Any

from agents.policy import PolicyError


def open_session(path: Path) -> Any:
    """The session of a graph; PolicyError where the extra is not installed, or the file is missing or no graph."""
    try:
        import onnxruntime
    except ImportError as error:
        raise PolicyError(f"pilot {path}: needs `pip install trident-sim[onnx]`") from error
    if not path.is_file():
        raise PolicyError(f"pilot {str(path)!r}: no such file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # It derives its own errors from nothing more telling.
        raise PolicyError(f"pilot {str(path)!r}: no ONNX graph: {error}") from error
