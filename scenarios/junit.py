"""A campaign as JUnit XML, the form in which CI servers read tests: one test case a flight."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from scenarios.plan import Entry
from scenarios.row import LOST, Row


def write_junit(entries: Sequence[Entry], rows: Sequence[Row], path: Path) -> None:
    """A suite a task; a flight that failed is a failure with its reason, one that was lost an error."""
    root = ElementTree.Element("testsuites", name="trident")
    for entry in entries:
        flown = [r for r in rows if r.scenario == entry.scenario and r.pilot in entry.pilots]
        root.append(_suite(entry.task, flown))
    tree = ElementTree.ElementTree(root)
    ElementTree.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _suite(task: str, rows: Sequence[Row]) -> ElementTree.Element:
    lost = sum(row.outcome in LOST for row in rows)
    suite = ElementTree.Element(
        "testsuite",
        name=task,
        tests=str(len(rows)),
        failures=str(sum(not row.success for row in rows) - lost),
        errors=str(lost),
        skipped="0",
        time=f"{sum(row.wall_s for row in rows):.3f}",
    )
    suite.extend(_case(task, row) for row in rows)
    return suite


def _case(task: str, row: Row) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=f"{task}.{row.pilot}",
        name=f"{row.scenario} seed {row.seed}",
        time=f"{row.wall_s:.3f}",
    )
    if not row.success:
        kind = "error" if row.outcome in LOST else "failure"
        said = (row.reason.strip() or row.outcome).splitlines()
        problem = ElementTree.SubElement(case, kind, type=row.outcome, message=_printable(said[-1]))
        problem.text = _printable("\n".join(said))
    return case


def _printable(text: str) -> str:
    """XML has no way to write most control characters."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
