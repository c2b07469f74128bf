"""The camera's noise: a hash of frame and pixel picks normals from a table, at a fraction of a generator's cost.

Five draws a pixel from `numpy.random` cost as much as a third of the ray casting. A frame takes one 64-bit
key from its generator instead; SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) turns key and pixel into 64
bits that are independent from pixel to pixel and from frame to frame, and four groups of 12 bits of them
choose quantiles of the normal distribution. Nothing repeats, and a key is all there is to save.
"""

from statistics import NormalDist

import numpy as np
from jaxtyping import Float
from numba import njit

_QUANTILES = 4096
_BITS, _MASK = np.uint64(12), np.uint64(_QUANTILES - 1)
"""Bits that choose one normal: three colours and the depth take 48 of a word, the last 16 may drop the pixel."""
_CHANCE_UNIT = np.float32(2.0**-16)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _ONE = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(1)


def normal_table() -> Float[np.ndarray, "4096"]:
    """Quantiles of the standard normal at the middles of 4096 equal shares; mean 0 and spread 1, at most 3.7."""
    shares = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    quantiles = np.array([NormalDist().inv_cdf(share) for share in shares.tolist()])
    # Cutting the tails to single values takes a little of the spread, which is given back.
    return (quantiles / quantiles.std()).astype(np.float32)


@njit(cache=True)
def draw_grain(key, first, table, rows):
    """The grain of one row of pixels, from number `first` on, of the frame with this key.

    Fills rows (5 or more, w): three colours' normals, the depth's normals, and numbers in [0, 1).
    """
    red, green, blue, depth, chance = rows[0], rows[1], rows[2], rows[3], rows[4]
    for index in range(rows.shape[1]):
        word = _hash_word(key, np.uint64(first + index))
        red[index] = table[word & _MASK]
        word >>= _BITS
        green[index] = table[word & _MASK]
        word >>= _BITS
        blue[index] = table[word & _MASK]
        word >>= _BITS
        depth[index] = table[word & _MASK]
        chance[index] = np.float32(np.int64(word >> _BITS)) * _CHANCE_UNIT


@njit(cache=True)
def _hash_word(key, index):
    """64 random bits for one pixel of the frame with this key; uint64 in and out."""
    word = key + (index + _ONE) * _GOLDEN
    word = (word ^ (word >> _S30)) * _FIRST
    word = (word ^ (word >> _S27)) * _SECOND
    return word ^ (word >> _S31)
