"""README and docs are true: paths exist, every file is listed, and what they show as code or scenario works."""

import re
import tomllib
from pathlib import Path

import pytest

import run_sim
import scenarios
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from tests.readme_tree import HEADING, README

ROOT = Path(__file__).parent.parent
PAGES = (README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
PACKAGES = ("sim", "models", "agents", "scenarios")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def listed() -> dict[str, str]:
    """Path to description, from the README's layout; nesting is by indentation."""
    text = README.read_text()
    found: dict[str, str] = {}
    parents: list[str] = []
    for line in blocks(README, "text")[-1].splitlines():
        if line.strip():
            depth = (len(line) - len(line.lstrip())) // 2
            name, _, purpose = line.strip().partition(" ")
            parents = [*parents[:depth], name]
            found["".join(parents)] = purpose.strip()
    assert text.index(HEADING) < text.rindex("```text")
    return found


def test_every_path_in_the_layout_exists_and_says_what_it_is_for() -> None:
    tree = listed()
    assert [path for path in tree if not (ROOT / path).exists()] == []
    assert [path for path, purpose in tree.items() if not purpose] == []


def test_every_file_of_the_packages_is_in_the_layout() -> None:
    tree = listed()
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }
    assert files - set(tree) == set(), "run: python tests/readme_tree.py"


@pytest.mark.parametrize(
    ("page", "code"),
    [
        pytest.param(page, code, id=f"{page.stem}-{index}")
        for page in PAGES
        for index, code in enumerate(blocks(page, "python"))
    ],
)
def test_python_in_the_documentation_runs(
    page: Path, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, f"{page.name}", "exec"), {"__name__": "documentation"})


def test_scenarios_in_the_documentation_can_be_flown() -> None:
    *flyable, excerpt = blocks(ROOT / "docs" / "write-a-scenario.md", "toml")
    family, mission = (scenarios.parse(text, "docs") for text in flyable)
    assert isinstance(family, scenarios.Family)
    drawn = scenarios.resolve(scenarios.NamedFamily(name="docs", family=family), seed=0)
    assert 30.0 <= drawn.task.geodesic_m <= 60.0  # pyright: ignore[reportAttributeAccessIssue] - a navigation task.
    assert isinstance(mission, Scenario)
    assert isinstance(mission.task, MissionTask)
    assert scenarios.resolve(mission, None) == mission
    assert mission == scenarios.load(str(ROOT / "examples" / "two_panels.toml"))
    example = tomllib.loads((ROOT / "examples" / "failing_sensors.toml").read_text())
    shown = tomllib.loads(excerpt)
    assert shown == {"sensors": example["sensors"], "faults": example["faults"]}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    local = [target for target in targets if not target.startswith("http")]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_named_in_the_documentation_exist(page: Path) -> None:
    named = re.findall(
        r"`((?:sim|models|agents|scenarios|docs|examples|tests)/[\w/.-]+)", page.read_text()
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_names_every_command() -> None:
    text = README.read_text()
    assert [name for name in run_sim.COMMANDS if f"trident {name}" not in text] == []


def test_options_in_the_documentation_exist(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every `trident COMMAND … --option` line uses options that the command's help lists."""
    lines = [
        line
        for page in PAGES
        for line in re.findall(r"^ {4}trident (.*)$", page.read_text(), re.MULTILINE)
    ]
    assert len(lines) >= 10
    helps: dict[str, str] = {}
    for line in lines:
        command, *words = line.split("#")[0].split()
        if command not in helps:
            monkeypatch.setattr("sys.argv", ["run_sim.py", command, "--help"])
            with pytest.raises(SystemExit):
                run_sim.main()
            helps[command] = capsys.readouterr().out
        unknown = [word for word in words if word.startswith("--") and not re.search(rf"{word}\b|{word.replace('--no-', '--')}\b", helps[command])]  # fmt: skip
        assert unknown == [], line
