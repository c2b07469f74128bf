"""A campaign's report: its rows compiled, in words, as figures, and on disk."""

from scenarios.report.compiling import WORST, compile_report
from scenarios.report.contents import Cell, Comparison, Loss, Report, Worst
from scenarios.report.page import write_report
from scenarios.report.tables import report_table

__all__ = [
    "WORST",
    "Cell",
    "Comparison",
    "Loss",
    "Report",
    "Worst",
    "compile_report",
    "report_table",
    "write_report",
]
