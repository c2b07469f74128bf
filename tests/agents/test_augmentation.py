"""What augmentation may change of a batch, and what it must leave alone."""

import numpy as np
import pytest
import torch

from agents.augmentation import mirror, on_other_ground
from agents.lattice import CANDIDATES, TURN_LEFT, TURN_RIGHT
from scenarios.catalog import load, resolve
from sim.types import (
    EGO_FIELDS,
    GOAL_FIELDS,
    IMAGE_SHAPE,
    MAX_TOKENS,
    POSITION,
    QUATERNION,
    SITE_FIELDS,
)
from sim.world.geometry import Semantic
from tests.builders import simulating

GRASS = torch.tensor([107, 119, 84], dtype=torch.uint8)[:, None, None]


def random_batch(count: int = 3) -> dict[str, torch.Tensor]:
    """Frames of noise."""
    generator = torch.Generator().manual_seed(0)
    return {
        "image": torch.randint(0, 256, (count, *IMAGE_SHAPE), generator=generator).to(torch.uint8),
        "history": torch.randint(0, 255, (count, 3, 12, 16), generator=generator),
        "ego": torch.randn(count, len(EGO_FIELDS), generator=generator),
        "goal": torch.randn(count, len(GOAL_FIELDS), generator=generator),
        "sites": torch.randn(count, MAX_TOKENS * len(SITE_FIELDS), generator=generator),
        "target_navigation": torch.rand(count, CANDIDATES, generator=generator),
        "target_survival": torch.rand(count, CANDIDATES, generator=generator) < 0.5,
    }


def test_mirroring_twice_changes_nothing_and_once_swaps_left_and_right() -> None:
    batch = random_batch()
    once, twice = mirror(batch), mirror(mirror(batch))
    for name, value in batch.items():
        assert torch.equal(twice[name], value), name
    assert torch.equal(
        once["target_survival"][:, TURN_LEFT], batch["target_survival"][:, TURN_RIGHT]
    )
    assert torch.equal(once["ego"][:, 1], -batch["ego"][:, 1])


def on_other(image: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return on_other_ground({"image": image}, np.random.default_rng(seed))["image"]


def test_other_ground_changes_nothing_but_colours_of_some_frames() -> None:
    batch = random_batch(200)
    batch["image"][:, :3] = GRASS
    before = {name: value.clone() for name, value in batch.items()}
    after = on_other_ground(batch, np.random.default_rng(0))
    for name, value in batch.items():
        assert torch.equal(value, before[name]), f"{name} was changed in place"
        if name != "image":
            assert torch.equal(after[name], value), name
    assert torch.equal(after["image"][:, 3], batch["image"][:, 3])
    changed = (after["image"] != batch["image"]).flatten(1).any(dim=1)
    assert 0.45 < changed.float().mean() < 0.75
    # Of one brightness, so of one colour; from frame to frame another.
    grounds = after["image"][changed, :3].flatten(2)
    assert torch.equal(grounds, grounds[:, :, :1].expand_as(grounds))
    assert (grounds[:, :, 0].float().std(dim=0) > 20).all()


@pytest.mark.parametrize("name", ["forest-mission", "town-mission", "clutter-mission"])
def test_what_is_painted_is_the_ground_and_little_else(name: str) -> None:
    with simulating(resolve(load(name), 3)) as simulator:
        image = torch.from_numpy(simulator.image)[None].repeat(30, 1, 1, 1)
        pose = simulator.body
        seen = simulator.camera.render(simulator.scene, pose[POSITION], pose[QUATERNION])
    painted = (on_other(image) != image)[:, :3].any(dim=1)
    painted = painted[painted.flatten(1).any(dim=1)].float().mean(dim=0).numpy()
    ground = seen.classes == Semantic.GROUND
    assert ground.any()
    assert painted[ground].mean() > 0.9
    assert painted[~ground].mean() < 0.15


def test_dark_and_bright_patches_may_take_two_colours() -> None:
    image = torch.zeros((100, 4, 48, 64), dtype=torch.uint8)
    image[:, :3] = GRASS
    image[:, :3, 24:] = (0.8 * GRASS).to(torch.uint8)
    after = on_other(image)[:, :3].float()
    changed = (after != image[:, :3]).flatten(1).any(dim=1)
    ratio = after[changed, :, 30, 0] / after[changed, :, 10, 0]
    one_paint = (ratio - 0.8).abs().amax(dim=1) < 0.05
    assert 0.2 < one_paint.float().mean() < 0.8


def test_the_same_seed_gives_the_same_ground_and_another_gives_another() -> None:
    image = GRASS.expand(8, 3, 48, 64)
    image = torch.cat((image, torch.zeros(8, 1, 48, 64, dtype=torch.uint8)), dim=1)
    assert torch.equal(on_other(image, 0), on_other(image, 0))
    assert not torch.equal(on_other(image, 0), on_other(image, 1))
