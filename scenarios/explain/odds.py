"""Log-odds as people bet: `60 to 1`."""

import math

_MOST = 1_000_000


def odds_words(nats: float) -> str:
    """By how much one thing is rated likelier than another, from the logarithm of it; two digits, and no more than a million."""
    if nats > math.log(_MOST):
        return "over a million to 1"
    ratio = math.exp(nats)
    if ratio < 10.0:
        return f"{ratio:.1f} to 1"
    size = 10 ** (math.floor(math.log10(ratio)) - 1)
    return f"{size * round(ratio / size):,d} to 1"
