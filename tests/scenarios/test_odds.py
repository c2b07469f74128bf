"""Laws of odds in words."""

import math

from hypothesis import given
from hypothesis import strategies as st

from scenarios.explain.odds import odds_words


@given(st.floats(0.0, math.log(1e6)))
def test_odds_are_the_ratio_to_two_digits(nats: float) -> None:
    said = float(odds_words(nats).removesuffix(" to 1").replace(",", ""))
    assert math.isclose(said, math.exp(nats), rel_tol=0.051)


def test_known_odds() -> None:
    assert odds_words(0.0) == "1.0 to 1"
    assert odds_words(math.log(20.0)) == "20 to 1"
    assert odds_words(math.log(3096.0)) == "3,100 to 1"
    assert odds_words(30.0) == "over a million to 1"
