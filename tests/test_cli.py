"""The command line as a user meets it: fast help, exit codes, one clear message and never a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import scenarios
from scenarios.parquet import read_parquet
from scenarios.row import Job
from scenarios.seeds import seed_set
from sim.record.reader import read_flight
from sim.types import Outcome
from tests.command_line import ROOT, SHORT, Trident, refused, trident, within

__all__ = ["trident", "within"]

COMMANDS = ("fly", "list", "train", "compare", "replay", "referee", "bench", "doctor")


def test_help_answers_in_half_a_second_and_names_every_command(trident: Trident) -> None:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        done = trident("--help")
        times.append(time.perf_counter() - start)
        assert done.returncode == 0
        assert [name for name in COMMANDS if f"  {name} " in done.stdout] == list(COMMANDS)
    assert min(times) < 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(within: Trident, command: str) -> None:
    done = within(command, "--help")
    assert done.returncode == 0
    assert f"trident {command}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["flyy"], ["'flyy'", "compare", "did you mean 'fly'"]),
        (["fly", "--pilto", "shared"], ["--pilto", "--pilot"]),
        (["fly", "--seed", "many"], ["--seed many: must be a whole number"]),
        (["bench", "--seconds", "soon"], ["--seconds soon: must be a number"]),
        (["fly", SHORT, "--seed", "-1"], ["seed", "-1"]),
        (["fly", "forest-navigatoin"], ["forest-navigatoin", "did you mean", SHORT]),
        (["fly", "missing.toml"], ["missing.toml: cannot be read: No such file or directory"]),
        (["fly", "smoky/forest-mission.toml"], ["did you mean 'forest-mission'"]),
        (
            ["fly", SHORT, "--pilot", "."],
            ["'.'", "no checkpoint", "config.json", "weights.safetensors", "navigation"],
        ),
        (["fly", SHORT, "extra"], ["one argument too many: extra", "fly --help"]),
        (["fly", SHORT, "--out"], ["--out: a value is missing"]),
        (["FLY"], ["'FLY'", "did you mean 'fly'"]),
        (["fly", SHORT, "--pilot", "shard"], ["shard", "did you mean", "shared"]),
        (["list", "pilts"], ["'pilts'", "did you mean 'pilots'"]),
        (["list"], ["choose scenarios,pilots,vehicles,suites"]),
        (["compare", "--suite", "smok"], ["'smok'", "did you mean 'smoke'"]),
        (["compare", "--suite", "absent.toml"], ["suite absent.toml: cannot be read"]),
        (["compare", "--pilots"], ["pilots = none", "shared, specialists"]),
        (["compare", "--worlds", "0"], ["worlds", "0"]),
        (["compare", "--first-seed", "20000"], ["20000", "test worlds", "compare --release"]),
        (["compare", "--release", "--first-seed", "15000"], ["worlds 15000", "20000 to 29999"]),
        (["compare", "--pilots", "random", "random"], ["random random"]),
        (["compare", "--pilots", "random", "--workers", "0"], ["workers = 0"]),
        (["compare", "--pilots", "random", "--flight-limit", "0"], ["flight-limit = 0"]),
        (["compare", "--pilots", "random", "--engine", "rya"], ["'rya'", "did you mean 'ray'"]),
        (["compare", "--pilots", "random", "--address", "here:1"], ["address = here:1", "ray"]),
        (["compare", "--pilots", "random", "--logs", "best"], ["'best'", "worst, all, none"]),
        (["compare", "--pilots", "random", "--require", "90"], ["require = 90", "0 to 1"]),
        (["compare", "--pilots", "random", "--junit", "no/such/f.xml"], ["junit = no/such/f.xml"]),
        (["compare", "--pilots", "random", "--junit", "."], ["junit = .: is a folder"]),
        (
            ["compare", "--pilots", "random", "--out", "/proc"],
            ["out = /proc: holds", "no campaign"],
        ),
        (["compare", "--pilots", "random", "--ways", "half"], ["ways", "half", "substitution"]),
        (["compare", "--pilots", "random", "--seeds", "5-4"], ["seeds = '5-4'"]),
        (["compare", "--pilots", "a.zip"], ["'a.zip'", "runs code", "--trust"]),
        (["fly", SHORT, "--pilot", "my.module:Class"], ["'my.module:Class'", "--trust"]),
        (["fly", SHORT, "--pilot", "classical@teacher=wings"], ["wings", "navigation"]),
        (["train", "--arm", "shard"], ["'shard'", "specialists", "did you mean 'shared'"]),
        (["train", "--arm", "shared", "shared"], ["shared shared"]),
        (["train", "--arm"], ["arm = none", "shared, specialists"]),
        (["train", "--learning-rate", "nan"], ["trident: learning_rate = nan: must be positive"]),
        (["train", "--seed", "-1"], ["trident: seed = -1: name one or more, none negative"]),
        (["train", "--frams", "3"], ["--frams", "did you mean --frames"]),
        (["train", "--first-world-seed", "10000"], ["first_world_seed = 10000", "0-9999"]),
        (["replay"], ["at least one log"]),
        (["replay", "absent.mcap"], ["absent.mcap: No such file or directory"]),
        (["replay", "."], [".: no *.mcap in this folder"]),
        (["describe"], ["describe: name scenarios"]),
        (
            ["describe", "tier1-navigation", "--first-seed", "19995"],
            ["seeds from 20000 are test worlds"],
        ),
        (["compare", "--worlds", "99999999999999"], ["seeds from 20000 are test worlds"]),
        (["referee"], ["at least one log"]),
        (["referee", "absent.mcap"], ["absent.mcap"]),
        (["bench", "--obstacles", "0"], ["obstacles = 0"]),
        (["train", "--out", "x", "--steps", "0"], ["steps = 0"]),
    ],
)
def test_bad_input_is_named_with_its_choices(
    within: Trident, arguments: list[str], named: list[str]
) -> None:
    message = refused(within(*arguments))
    assert [word for word in named if word not in message] == []
    assert [word for word in ("Errno", "Input should", "NoneType") if word in message] == []
    assert len(message.splitlines()) == 1


def test_a_required_argument_has_no_default(within: Trident) -> None:
    help_text = within("replay", "--help").stdout
    assert "LOG" in help_text
    assert "(default: )" not in help_text


def test_refusing_is_one_message_and_nothing_else_on_standard_error(trident: Trident) -> None:
    message = refused(trident("fly", SHORT, "--pilot", "shard"))
    assert len(message.splitlines()) == 1
    assert message.startswith("trident: ")


def test_lists_hold_what_can_be_flown(within: Trident) -> None:
    listed = within("list", "scenarios").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(scenarios.names())
    assert all(len(line.split()) > 2 for line in listed)
    pilots = [line.split()[0] for line in within("list", "pilots").stdout.splitlines()]
    assert {"shared", "specialists", "classical", "teacher", "random"} <= set(pilots)
    assert {"observable", "nearest", "best-ratio", "teacher-observable"} <= set(pilots)
    assert "trident_1kg" in within("list", "vehicles").stdout
    assert "smoke" in within("list", "suites").stdout


def test_a_flight_ends_with_json_and_leaves_its_files(trident: Trident, tmp_path: Path) -> None:
    done = trident("fly", SHORT, "--pilot", "random", "--seed", "15000", "--out", "here", "--json")
    summary = json.loads(done.stdout.splitlines()[-1])
    assert {
        "outcome",
        "success",
        "duration_s",
        "distance_m",
        "min_clearance_m",
        "energy_wh",
        "prize",
    } <= set(summary)
    assert summary["prize_optimum"] is None
    assert done.returncode == (0 if summary["success"] else 1)
    assert summary["success"] == (Outcome(summary["outcome"]) is Outcome.SUCCESS)
    assert {path.name for path in (tmp_path / "here").iterdir()} == {
        "flight.mcap",
        "flight.mp4",
        "flight.png",
    }
    flight = read_flight(tmp_path / summary["log"])
    assert flight.complete
    assert flight.metadata["pilot"] == "random"
    assert flight.metadata["seed_set"] == seed_set(15_000) == "acceptance"
    # The same folder again would overwrite the flight.
    assert "here" in refused(trident("fly", SHORT, "--pilot", "random", "--out", "here"))
    again = trident("replay", summary["log"], "--verify", "--plot", "again.png")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "1 of 1 bit-equal" in again.stdout
    assert (tmp_path / "again.png").stat().st_size > 10_000


def test_replay_shows_what_fly_showed(within: Trident) -> None:
    flown = within("fly", SHORT, "--pilot", "random", "--no-video", "--out", "shown")
    shown = within("replay", "shown/flight.mcap")
    assert shown.returncode == 0, shown.stderr

    def facts(text: str) -> dict[str, str]:
        rows = [line.split("│") for line in text.splitlines() if line.startswith("│")]
        return {row[1].strip(): row[2].strip() for row in rows}

    before, after = facts(flown.stdout), facts(shown.stdout)
    same = ("outcome", "duration", "distance", "least clearance", "energy", "log")
    assert [before[name] for name in same] == [after[name] for name in same]
    assert before["outcome"] in after["events"]
    both = within("replay", "shown/flight.mcap", "shown/flight.mcap")
    assert both.stdout.count(before["outcome"]) == 2


def test_without_a_folder_every_flight_gets_its_own(within: Trident, tmp_path: Path) -> None:
    for _ in range(2):
        done = within("fly", SHORT, "--pilot", "random", "--no-video")
        assert done.returncode in (0, 1), done.stderr
    assert len(list((tmp_path / "runs").glob("*/flight.mcap"))) == 2
    assert not list((tmp_path / "runs").glob("*/flight.mp4"))


def test_ctrl_c_in_flight_leaves_a_readable_log(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "run_sim.py"),
            "fly",
            "forest-mission",
            "--pilot",
            "teacher",
            "--out",
            "cut",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs inherit an ignored SIGINT; the flight must not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )
    log = tmp_path / "cut" / "flight.mcap"
    deadline = time.monotonic() + 90
    # The file grows a chunk a second of flight, so this is in mid-flight.
    while time.monotonic() < deadline and not (log.exists() and log.stat().st_size > 40_000):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert str(Path("cut") / "flight.mcap") in stderr
    flight = read_flight(log)
    assert len(flight) > 5
    assert flight.complete
    assert flight.result is not None
    assert flight.result.outcome is Outcome.INTERRUPTED


@pytest.mark.slow
def test_compare_flies_resumes_and_reports(trident: Trident, tmp_path: Path) -> None:
    (tmp_path / "quick.toml").write_text(
        'format = "suite/1"\ndescription = "Two trees."\nfirst_seed = 15000\nworlds = 2\n'
        f'[tasks]\nnavigation = "{SHORT}"\n'
    )
    arguments = (
        "compare",
        "--suite",
        "quick.toml",
        "--pilots",
        "classical",
        "random",
        "--out",
        "result",
        "--json",
    )
    first = trident(*arguments)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout.splitlines()[-1])["flights"] == 4
    folder = tmp_path / "result"
    results = json.loads((folder / "results.json").read_text())
    assert [cell["pilot"] for cell in results["cells"]] == ["classical", "random"]
    rows = read_parquet(folder / "flights.parquet")
    assert [row.job for row in rows] == [
        Job(pilot, SHORT, seed) for seed in (15_000, 15_001) for pilot in ("classical", "random")
    ]
    # Every flight is among the worst of four; each log ends as its row says.
    for worst in results["worst"]:
        flown = read_flight(folder / worst["log"]).result
        assert flown is not None
        assert str(flown.outcome) == worst["row"]["outcome"]
    page = (folder / "results.html").read_text()
    assert "trident compare --suite quick.toml --pilots classical random" in page
    journal = (folder / "flights.jsonl").read_text()
    again = trident(*arguments, "--require", "1.0", "--junit", "junit.xml")
    assert again.returncode == (0 if results["cells"][0]["success"]["value"] == 1.0 else 1)
    assert (tmp_path / "junit.xml").read_text().count("<testcase ") == 4
    assert (folder / "flights.jsonl").read_text() == journal
    assert "not in this report" not in first.stderr + again.stderr
    fewer = trident(*(word for word in arguments if word != "classical"))
    assert "2 flights in result/flights.jsonl, of classical, are not in this report" in fewer.stderr
    assert {row.pilot for row in read_parquet(folder / "flights.parquet")} == {"random"}
    assert (folder / "flights.jsonl").read_text() == journal


@pytest.mark.slow
def test_compare_stops_on_signals_and_goes_on(tmp_path: Path) -> None:
    """Interrupted, terminated and killed, a campaign still flies every flight once."""
    arguments = (
        "compare", "--pilots", "random", "--ways", "all", "--suite", "real", "--workers", "1",
        "--worlds", "3", "--logs", "none", "--out", "result",
    )  # fmt: skip
    journal = tmp_path / "result" / "flights.jsonl"
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
        before = journal.read_bytes().count(b"\n") if journal.exists() else 0
        with subprocess.Popen(
            [sys.executable, str(ROOT / "run_sim.py"), *arguments],
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        ) as campaign:  # fmt: skip
            while not journal.exists() or journal.read_bytes().count(b"\n") <= before:
                assert campaign.poll() is None
                time.sleep(0.01)
            campaign.send_signal(number)
            _, said = campaign.communicate()
        assert campaign.returncode == code, said
        assert "Traceback" not in said
        if code > 0:
            assert "stopped; to go on: trident compare" in said
            assert "--out result" in said
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_sim.py"), *arguments], cwd=tmp_path, check=False
    )
    assert done.returncode == 0
    jobs = [
        tuple(json.loads(line)[k] for k in ("scenario", "seed"))
        for line in journal.read_text().splitlines()
    ]
    assert len(jobs) == len(set(jobs)) == 6 * 3


def test_doctor_flies(trident: Trident) -> None:
    done = trident("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pybullet" in done.stdout
