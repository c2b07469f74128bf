"""Policies from files: a Python class, an ONNX graph, a Stable-Baselines3 zip. Loading any of them runs what it holds."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from agents.pilot import Pilot
from agents.policy import Policy, PolicyError, PolicyPilot
from sim.actions import ACTION_LEVELS
from sim.names import unknown

_UNTRUSTED = (
    "pilot {name!r}: loading it runs code that comes with it, with your rights; add --trust if you "
    "trust where it is from"
)


def is_policy(name: str) -> bool:
    """Whether a pilot's name is `module:Class`, or a file of another library."""
    return (name.endswith((".onnx", ".zip")) or ":" in name) and not Path(name).is_dir()


def check_trusted(name: str, trust: bool) -> None:
    """Raise PolicyError for a policy that is not trusted."""
    if not trust:
        raise PolicyError(_UNTRUSTED.format(name=name))


def is_exported(name: str) -> bool:
    """Whether a trusted policy is an ONNX graph of our own pilots' networks."""
    if not name.endswith(".onnx"):
        return False
    from agents.network_onnx import exported_networks

    return exported_networks(Path(name)) is not None


def load_policy(name: str, way: str) -> Pilot:
    """The pilot of a trusted policy; `way` is the action level of a file that cannot declare its own."""
    full = f"{name}@{way}" if way else name
    if way and way not in ACTION_LEVELS:
        raise PolicyError(f"pilot {full!r}: {unknown('action', way, ACTION_LEVELS)}")
    try:
        return PolicyPilot(full, _load(name, way))
    except PolicyError:
        raise
    except (
        Exception
    ) as error:  # It is not our code: whatever it raises, it is this pilot that cannot be had.
        raise PolicyError(f"pilot {name!r}: {type(error).__name__}: {error}") from error


def policy_files(name: str) -> tuple[Path, ...]:
    """The files a policy comes from: one, or every Python file of its module's package; none for a module that is nowhere."""
    if name.endswith((".onnx", ".zip")):
        return (Path(name),)
    where = name.rpartition(":")[0]
    if where.endswith(".py"):
        return (Path(where),)
    _look_here()
    spec = importlib.util.find_spec(where.partition(".")[0])
    if spec is None:
        return ()
    if spec.submodule_search_locations is not None:
        folders = map(Path, spec.submodule_search_locations)
        return tuple(sorted(file for folder in folders for file in folder.rglob("*.py")))
    return () if spec.origin is None else (Path(spec.origin),)


# --- Private.


def _load(name: str, action: str) -> Policy:
    if name.endswith(".onnx"):
        from agents.policy_onnx import OnnxPolicy

        return OnnxPolicy(Path(name), action or "velocity")
    if name.endswith(".zip"):
        from agents.policy_sb3 import Sb3Policy

        return Sb3Policy(_existing(name), action or "velocity")
    if action:
        raise PolicyError(f"pilot {name!r}: a class declares its action itself: leave @{action}")
    where, _, kind = name.rpartition(":")
    module = _module_of_file(_existing(where)) if where.endswith(".py") else _module(where)
    return getattr(module, kind)()


def _existing(path: str) -> Path:
    if not Path(path).is_file():
        raise PolicyError(f"pilot {path!r}: no such file")
    return Path(path)


def _module(name: str) -> ModuleType:
    _look_here()
    return importlib.import_module(name)


def _module_of_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise PolicyError(f"pilot {str(path)!r}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Before it runs: dataclasses and pickles look their module up by name.
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _look_here() -> None:
    """Installed commands do not look in the working folder for modules, `python` does."""
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
