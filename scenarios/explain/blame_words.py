"""Which head erred first, how often each did, and what else may have been at fault where none did: in words."""

from collections import Counter
from collections.abc import Sequence

from scenarios.explain.blame import HEADS, HeadError
from scenarios.explain.section import Section
from sim.record.phases import is_scripted
from sim.record.reader import Flight as Log
from sim.record.words import describe_detail


def blame_section(log: Log, errors: Sequence[HeadError], looked: Sequence[int]) -> Section:
    """The first error of the steps that were looked at, in order, and how many there were of whom."""
    hz, first, last = log.scenario.rates.control_hz, looked[0], looked[-1]
    title = f"which head erred first ({first / hz:.2f} to {last / hz:.2f} s, {len(looked)} steps)"
    if not errors:
        return Section(title, (("none", _other_causes(log, first, last)),))
    counts = Counter(error.head for error in errors)
    often = ", ".join(f"{head} at {counts[head]} steps" for head in HEADS)
    error = errors[0]
    row = (error.head, f"at {log.times[error.step]:.2f} s it {error.words}")
    return Section(title, (row, ("in all", often)))


def errors_section(errors: Sequence[HeadError], looked: Sequence[int]) -> Section:
    """Errors over the whole flight, most of which need not have mattered."""
    counts = Counter(error.head for error in errors)
    often = ", ".join(f"{head} at {counts[head]}" for head in HEADS)
    return Section("over the whole flight", (("errors", f"{often} of {len(looked)} steps"),))


# --- Private.


def _other_causes(log: Log, first: int, last: int) -> str:
    """What the log shows where no head's answer was wrong."""
    decisions = log.decisions[first : last + 1]
    if all(d.survival is None and d.navigation is None and not d.asked for d in decisions):
        scripted = {d.phase for d in decisions if is_scripted(d.phase)}
        if scripted:
            return f"no head was asked: {', '.join(sorted(scripted))} is scripted"
        return f"no head was asked: {log.metadata.get('pilot', 'the pilot')} decides without"
    began = [e for e in log.events if e.name == "fault_began" and e.time <= log.times[last]]
    faults = (
        f"; faults were active: {'; '.join(describe_detail(e.detail) for e in began)}"
        if began
        else ""
    )
    return (
        "the commands were sound by rollouts of the reduced model, the free way and the true energies; what is left is "
        f"delay, noise, wind and how the drone answers its commands{faults}"
    )
