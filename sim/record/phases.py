"""The phases of a flight: the colour of each, the same in films, figures and pages, and which are scripted."""

PHASE_COLORS = {
    "navigate": "#4b8fd6",
    "avoid": "#4b8fd6",
    "detour": "#8d6fd1",
    "dock": "#37a7a3",
    "inspect": "#f0a530",
    "climb_scripted": "#8fb8d9",
    "landing_scripted": "#b072b8",
    "perturbed": "#cf5c5c",
    "random": "#cf5c5c",
}
WAY_GIVEN = {
    "avoid": "not asked: the course is given",
    "detour": "not asked: a map leads out of a dead end",
}
"""Phases in which a learning pilot asks avoidance but not navigation, and why."""
_OTHERS = ("#9aa2ab", "#a58f6f", "#7fa08a", "#a07f9b")


def phase_color(name: str) -> str:
    """As #rrggbb; a name that is not among the known ones has one of four pale colours, always the same."""
    return PHASE_COLORS.get(name, _OTHERS[sum(name.encode()) % len(_OTHERS)])


def is_scripted(phase: str) -> bool:
    """Whether a phase flies a script, with no head to ask."""
    return "scripted" in phase or phase in ("dock", "inspect")
