"""The annotations of simulator and networks are checked while tests run."""

import jaxtyping
import numpy as np
import pytest
import torch

from models import NetworkConfig, new_network
from sim.tasks import make_goal


def test_a_wrong_shape_or_type_is_caught_at_the_call() -> None:
    assert make_goal(np.zeros(3), 5.0)[4] == 5.0
    with pytest.raises(jaxtyping.TypeCheckError, match="offset_heading"):
        make_goal(np.zeros(2), 5.0)
    with pytest.raises(jaxtyping.TypeCheckError, match="seed"):
        new_network(NetworkConfig(width=0.25), "one")  # pyright: ignore[reportArgumentType]
    trunk = new_network(NetworkConfig(width=0.25), 1).trunk
    with pytest.raises(jaxtyping.TypeCheckError):
        trunk(torch.zeros(4, 48, 64), torch.zeros(1, 3, 12, 16), torch.zeros(1, 16))
