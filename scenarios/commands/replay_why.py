"""`replay --why [t]`: the explanation of flights, on standard output."""

import contextlib
from collections.abc import Sequence

from rich.table import Table

from scenarios.commands.console import InputError, Report, progress, say, show, user_input
from scenarios.explain import explain
from sim.record.reader import Flight


def moment_asked(words: Sequence[str]) -> float | None:
    """The time that was asked for, s; None for the moment that decided the flight."""
    if not words:
        return None
    try:
        (word,) = words
        return float(word)
    except ValueError as error:
        raise InputError(
            f"why = {' '.join(words)}: give one time in seconds of flight, or none; logs come before --why"
        ) from error


def show_why(flights: Sequence[Flight], words: Sequence[str]) -> None:
    """Explain each flight at the moment asked for."""
    moment = moment_asked(words)
    for flight in flights:
        with user_input(), contextlib.ExitStack() as stack:

            def begin(label: str, stack: contextlib.ExitStack = stack) -> Report:
                stack.close()  # One bar at a time.
                return stack.enter_context(progress(label, "steps"))

            flight.require_place()
            explanation = explain(flight, moment, begin)
        if len(flights) > 1:
            say(f"{flight.path}:")
        for section in explanation.sections:
            table = Table(title=section.title, title_justify="left", show_header=False)
            table.add_column(no_wrap=True)
            table.add_column(overflow="fold")
            for name, text in section.rows:
                table.add_row(name, text)
            show(table)
