"""Writes the README's layout: `python tests/readme_tree.py` after files have come, gone or changed their purpose."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
HEADING = "## Layout\n"
_PACKAGES = ("sim", "models", "agents", "scenarios")
_OTHERS = {
    "sim/physics/vehicles/": "airframes in TOML, every constant with its source",
    "sim/world/places/": "real places: Longleaf pine inventory, Delft district; attribution beside them",
    "models/weights/": "the shipped networks, each with a card",
    "scenarios/library/": "the families of scenarios, TOML",
    "scenarios/suites/": "what comparisons fly, TOML",
    "tests/": "laws and behaviour; laid out like the packages",
    "docs/": "the pages that `make docs` turns into a site; `docs/index.md` lists them",
    "examples/": "short programs that use Trident as a library",
    "run_sim.py": "",
    "Makefile": "fly, test, check, docs, bench, clip, install, clean",
    "pyproject.toml": "dependencies with reasons, packages, settings of the tools",
    ".ci/run": "what every change must pass",
    "CHANGELOG.md": "what a user notices",
    "CONTRIBUTING.md": "how to change Trident",
    "CITATION.cff": "how to cite it",
    "LICENSE": "MIT",
}
_WIDTH = 34


def layout() -> str:
    """The tree as the README shows it."""
    lines: list[str] = []
    for package in _PACKAGES:
        lines += ["", _line(f"{package}/", _purpose(ROOT / package / "__init__.py"))]
        lines += _inside(ROOT / package, depth=1)
    lines.append("")
    for name, text in _OTHERS.items():
        if not name.startswith(_PACKAGES):
            lines.append(_line(name, text or _purpose(ROOT / name)))
    return "\n".join(lines[1:])


def _inside(folder: Path, depth: int) -> list[str]:
    lines = []
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        relative = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and path.name != "__init__.py":
            lines.append(_line("  " * depth + path.name, _purpose(path)))
        elif f"{relative}/" in _OTHERS:
            lines.append(_line("  " * depth + f"{path.name}/", _OTHERS[f"{relative}/"]))
        elif (path / "__init__.py").exists():
            lines.append(_line("  " * depth + f"{path.name}/", _purpose(path / "__init__.py")))
            lines += _inside(path, depth + 1)
    return lines


def _line(name: str, text: str) -> str:
    return f"{name:<{_WIDTH}}{text}".rstrip()


def _purpose(path: Path) -> str:
    """The first sentence of a file's docstring, without its full stop."""
    text = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    return " ".join(text.split()).split(". ")[0].rstrip(".")


def main() -> None:
    """Replace the block below the README's heading."""
    text = README.read_text(encoding="utf-8")
    start = text.index(HEADING) + len(HEADING)
    README.write_text(f"{text[:start]}\n```text\n{layout()}\n```\n", encoding="utf-8")


if __name__ == "__main__":
    main()
