"""The referee: judges a flight from its log and scenario alone, with geometry of its own.

Nothing here knows the environment's distances, contacts or tasks; docs/referee.md says what that can catch.
"""

from scenarios.referee.judge import judge, judge_log
from scenarios.referee.verdict import UNFINISHED, Finding, Verdict

__all__ = ["UNFINISHED", "Finding", "Verdict", "judge", "judge_log"]
