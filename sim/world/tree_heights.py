"""Heights of trees from their diameter at breast height, after published relations."""

import numpy as np
from jaxtyping import Float

_INCH, _FOOT = 0.0254, 0.3048  # m
# Curtis-Arney height of longleaf pine: Forest Vegetation Simulator, Southern variant, section 4.1.
_P2, _P3, _P4 = 98.56082813, 3.89930709, -0.86730393
_SAPLING_IN, _SPROUT_IN, _SPROUT_FT = 3.0, 0.5, 4.51


def longleaf_height(diameter: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Height of longleaf pines, m, from their diameter at breast height, m."""
    inches = np.asarray(diameter, dtype=np.float64) / _INCH
    grown = 4.5 + _P2 * np.exp(-_P3 * np.maximum(inches, _SAPLING_IN) ** _P4)
    share = np.clip((inches - _SPROUT_IN) / (_SAPLING_IN - _SPROUT_IN), 0.0, 1.0)
    return _FOOT * (_SPROUT_FT + share * (grown - _SPROUT_FT))


def chave_height(diameter: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Height of broad-leaved trees, m, from their diameter, m, below 2 m and without environmental stress.

    Chave et al. (2014), Global Change Biology 20, 3177-3190, equation 6a with E = 0: ln H = 0.893 + 0.760 ln D -
    0.0340 (ln D)^2, D in cm. Fitted to forest trees of the tropics; street trees are often lower.
    """
    log = np.log(np.clip(100.0 * np.asarray(diameter, dtype=np.float64), 1.0, 200.0))
    return np.exp(0.893 + 0.760 * log - 0.0340 * log**2)


HEIGHT_MODELS = {"longleaf": longleaf_height, "chave2014": chave_height}
