"""Guesses at what was meant."""

from hypothesis import given
from hypothesis import strategies as st

from sim.names import did_you_mean, unknown

NAMES = ("shared", "specialists", "classical")


def test_one_wrong_letter_is_guessed_and_nonsense_is_not() -> None:
    assert did_you_mean("shard", NAMES) == "; did you mean 'shared'?"
    assert did_you_mean("qqqq", NAMES) == ""


@given(st.sampled_from(NAMES), st.data())
def test_dropping_any_letter_still_finds_the_name(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    assert did_you_mean(name[:at] + name[at + 1 :], NAMES) == f"; did you mean {name!r}?"


def test_the_message_names_value_choices_and_what_else_there_is() -> None:
    message = unknown("pilot", "shard", iter(NAMES), or_else="or a folder")
    assert message == (
        "unknown pilot 'shard': choose shared, specialists, classical, or a folder; did you mean 'shared'?"
    )
    assert unknown("pilot", "zz", NAMES).endswith("classical")


def test_what_is_no_text_is_shown_and_not_guessed_at() -> None:
    assert (
        unknown("pilot", None, NAMES) == "unknown pilot None: choose shared, specialists, classical"
    )
    assert unknown("pilot", 5, NAMES).startswith("unknown pilot 5: choose")
