"""Why a flight went as it did: what each head said, what the teacher would have done, when a failure became unavoidable."""

from scenarios.explain.section import Section
from scenarios.explain.why import Explanation, explain

__all__ = ["Explanation", "Section", "explain"]
