"""README and docs are true: paths exist, every file is listed, and what they show as code or scenario works."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import tyro

import agents
import run_sim
import scenarios
from agents.loading import SHIPPED
from scenarios.suite import suite_names
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
    exec(
        compile(code, f"{page.name}", "exec"),
        {"__name__": "documentation", "EXAMPLES": ROOT / "examples"},
    )


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
    # Code has brackets of its own.
    prose = re.sub(r"(?m)^    .*$|`[^`]*`", "", re.sub(r"(?s)```.*?```", "", page.read_text()))
    targets = re.findall(r"\]\(([^)#]+)\)", prose)
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


# --- Commands. Every line of a block that begins with `trident` is parsed as the command line itself parses it, and the names in
# it are looked up; those below are run as well. In blocks, `$ ` may stand before a command.

RUN = {
    "trident list scenarios": "delft-mission",
    "trident describe tier3-navigation": "tier3-navigation",
}
"""Commands of the pages that are cheap enough to be run each time, and what they say."""
CHEAPER = {"trident describe tier3-navigation": ("--worlds", "1")}
"""Options that make them cheaper still."""


def commands(page: Path) -> list[str]:
    """Commands in indented blocks and in fenced ones without a language or of a shell, comments cut off."""
    text = re.sub(
        r"^```(?!sh|console|\n)\w.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE
    )
    lines = re.findall(r"^(?: {4})?(?:\$ )?((?:[A-Z_]+=\S+ )*[a-z]+ .*)$", text, re.MULTILINE)
    found = [line.split("  #")[0].split(" # ")[0].rstrip() for line in lines]
    return [line for line in found if line.split()[0] == "trident"]


ALL_COMMANDS = sorted({(page.stem, line) for page in PAGES for line in commands(page)})


def parsed(words: list[str]) -> run_sim.Command:
    return tyro.cli(run_sim.COMMANDS[words[0]], args=words[1:])


@pytest.mark.parametrize(("page", "line"), ALL_COMMANDS, ids=[line for _, line in ALL_COMMANDS])
def test_commands_in_the_documentation_are_understood(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real parser takes every option and value, and every name in a command is one there is."""
    monkeypatch.chdir(tmp_path)
    for folder in re.findall(r"--data (\S+)", line):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for folder in re.findall(r"--learners (\S+)", line):
        for index in range(1, 4):
            (tmp_path / folder / f"learners_{index}").mkdir(parents=True, exist_ok=True)
    command = parsed(shlex.split(line)[1:])
    for pilot in [*getattr(command, "pilots", ()), getattr(command, "pilot", "shared")]:
        assert is_known_pilot(pilot), f"{page}: {line}: no pilot {pilot}"
    suite = getattr(command, "suite", "smoke")
    assert suite.endswith(".toml") or suite in suite_names(), f"{page}: {line}"
    if isinstance(command, run_sim.Fly):
        assert is_known_scenario(command.scenario), f"{page}: {line}"
    if isinstance(command, run_sim.Describe):
        assert all(map(is_known_scenario, command.what)), f"{page}: {line}"


def is_known_pilot(name: str) -> bool:
    """Whether a name is one of ours, a file of this repository, or stands for something a user has."""
    base = re.split(r"[@#+]", name)[0]
    if ".py:" in base:
        return (ROOT / base.split(":")[0]).is_file()
    shipped = base in agents.pilot_names() or (SHIPPED / base).is_dir()
    return shipped or base.startswith("runs/") or base.endswith((".zip", ".onnx"))


def is_known_scenario(name: str) -> bool:
    """Whether a scenario is in the library, in this repository, or a file that the page tells the user to have."""
    if name.startswith("examples/"):
        return (ROOT / name).is_file()
    own_file = name.endswith((".toml", ".json", ".csv", ".glb", ".plan")) and "/" not in name
    return own_file or name == "all" or name in scenarios.names()


def test_there_are_commands_on_every_page_that_shows_something_to_do() -> None:
    pages = {page for page, _ in ALL_COMMANDS}
    assert {"README", "training", "compare", "replay", "bring-your-own-policy"} <= pages
    assert len(ALL_COMMANDS) >= 40
    assert set(RUN) <= {line for _, line in ALL_COMMANDS}


@pytest.mark.parametrize(("line", "said"), RUN.items(), ids=list(RUN))
def test_cheap_commands_run(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert parsed([*shlex.split(line)[1:], *CHEAPER.get(line, ())]).run() == 0
    assert said in capsys.readouterr().out


FOREIGN = {"--runslow", "--gate", "--flights", "--update-baseline"}
"""Options of other programs than ours that the pages name: pytest's and the benchmarks'."""


def test_options_named_in_sentences_exist(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between backticks, too, every option is one that some command lists."""
    helps = ""
    for name in run_sim.COMMANDS:
        monkeypatch.setattr("sys.argv", ["run_sim.py", name, "--help"])
        with pytest.raises(SystemExit):
            run_sim.main()
        helps += capsys.readouterr().out
    listed = set(re.findall(r"--[a-z][a-z-]*", helps)) | FOREIGN | {"--help", "--version"}
    for page in PAGES:
        spans = re.findall(
            r"`([^`\n]+)`",
            re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE),
        )
        named = {word for span in spans for word in re.findall(r"(?<!\S)--[a-z][a-z-]*", span)}
        assert named - listed == set(), page.name
