"""A report on disk: one HTML page that needs nothing beside it, the same as Markdown, the numbers as JSON."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from scenarios.report.contents import Report
from scenarios.report.figure import report_figures
from scenarios.report.section import Section
from scenarios.report.tables import sections
from scenarios.seeds import seed_set

_TEMPLATES = Path(__file__).parent / "templates"


def write_report(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write `results.json`, `results.md` with its figures, and `results.html`; returns them in this order."""
    figures = report_figures(report)
    for name, svg in figures.items():
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    written = {
        "results.json": json.dumps(_content(report), indent=2, allow_nan=False) + "\n",
        "results.md": report_markdown(report),
        "results.html": report_html(report, figures),
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in written)


def report_markdown(report: Report) -> str:
    """The page as Markdown; figures lie beside it."""
    parts = [f"# {report.suite.description}\n", f"{worlds_line(report)}\n"]
    for section in sections(report):
        parts.append(f"## {section.title}\n")
        if section.note:
            parts.append(f"{section.note}\n")
        if section.figure:
            parts.append(f"![{section.title}]({section.figure}.svg)\n")
        if section.lines:
            parts.append(markdown_table(section))
    parts.append(f"## Again\n\n    {report.command}\n")
    return "\n".join(parts)


def report_html(report: Report, figures: dict[str, str]) -> str:
    """The page, figures and all, as one text."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"breakable": _breakable, "with_code": _with_code}
    encoded = {
        name: base64.b64encode(svg.encode()).decode("ascii") for name, svg in figures.items()
    }
    return environment.get_template("report.html").render(
        report=report, sections=sections(report), figures=encoded, worlds=worlds_line(report)
    )


def worlds_line(report: Report) -> str:
    """Which worlds were flown."""
    seeds = report.suite.seeds
    kinds = ", ".join(sorted({seed_set(seed) for seed in seeds}))
    span = f"{min(seeds)}" if len(seeds) == 1 else f"{min(seeds)} to {max(seeds)}"
    opened = " Test worlds, opened for a release by `--release`." if report.suite.release else ""
    return f"{len(seeds)} worlds a task, seeds {span} ({kinds}), identical for every pilot.{opened}"


def markdown_table(section: Section) -> str:
    """A section's lines; links lead from its last column."""
    lines = section.lines
    if section.links:
        lines = [
            [*line[:-1], f"[{link}]({link})" if link else ""]
            for line, link in zip(lines, section.links, strict=True)
        ]
    table = (section.header, ["---"] * len(section.header), *lines)
    return "\n".join(_markdown_row(line) for line in table) + "\n"


def _markdown_row(line: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"


def _breakable(text: str) -> Markup:
    """Names may be broken behind their signs, and nowhere else if that is enough."""
    return Markup(re.sub(r"(?<=[,=@/:])(?=\w)", "<wbr>", str(escape(text))))


def _with_code(text: str) -> Markup:
    """Markdown's marks around code, as HTML."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))


def _content(report: Report) -> dict[str, object]:
    return {**asdict(report), "suite": report.suite.model_dump()}
