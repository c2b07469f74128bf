"""What augmentation may change of a batch, and what it must leave alone."""

import numpy as np
import torch

from agents.augmentation import mirror, recolored
from agents.lattice import CANDIDATES, TURN_LEFT, TURN_RIGHT
from sim.types import EGO_FIELDS, GOAL_FIELDS, IMAGE_SHAPE, MAX_TOKENS, SITE_FIELDS


def random_batch(count: int = 3) -> dict[str, torch.Tensor]:
    """Frames of noise, of which every fourth has a label of a panel's status."""
    generator = torch.Generator().manual_seed(0)
    return {
        "image": torch.randint(0, 256, (count, *IMAGE_SHAPE), generator=generator).to(torch.uint8),
        "history": torch.randint(0, 255, (count, 3, 12, 16), generator=generator),
        "ego": torch.randn(count, len(EGO_FIELDS), generator=generator),
        "goal": torch.randn(count, len(GOAL_FIELDS), generator=generator),
        "sites": torch.randn(count, MAX_TOKENS * len(SITE_FIELDS), generator=generator),
        "target_navigation": torch.rand(count, CANDIDATES, generator=generator),
        "target_survival": torch.rand(count, CANDIDATES, generator=generator) < 0.5,
        "mask_status": (torch.arange(count) % 4 == 0)[:, None] & torch.tensor([True, False]),
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


def test_other_colours_change_no_depth_no_label_and_no_panel_that_is_to_be_read() -> None:
    batch = random_batch(200)
    before = {name: value.clone() for name, value in batch.items()}
    after = recolored(batch, np.random.default_rng(0))
    for name, value in batch.items():
        assert torch.equal(value, before[name]), f"{name} was changed in place"
        if name != "image":
            assert torch.equal(after[name], value), name
    assert torch.equal(after["image"][:, 3], batch["image"][:, 3])
    read = batch["mask_status"].any(dim=1)
    assert torch.equal(after["image"][read], batch["image"][read])


def test_of_frames_without_a_panel_some_keep_their_colours_and_some_lose_them_all() -> None:
    batch = random_batch(400)
    batch["mask_status"][:] = False
    after = recolored(batch, np.random.default_rng(0))["image"][:, :3].flatten(2)
    same = (after == batch["image"][:, :3].flatten(2)).all(dim=2).all(dim=1)
    lost = (after == after[:, :, :1]).all(dim=2).all(dim=1)
    shares = torch.stack([same, lost, ~same & ~lost]).double().mean(dim=1)
    torch.testing.assert_close(shares, torch.tensor([0.2, 0.3, 0.5]).double(), atol=0.08, rtol=0)


def test_pixels_of_one_colour_stay_of_one_colour() -> None:
    batch = random_batch(50)
    batch["image"][:, :, 20:, :] = batch["image"][:, :, 20:21, :1]
    after = recolored(batch, np.random.default_rng(0))["image"][:, :, 20:]
    assert torch.equal(after, after[:, :, :1, :1].expand_as(after))


def test_the_same_seed_gives_the_same_colours_and_another_gives_others() -> None:
    batch = random_batch(8)
    first, second, other = (
        recolored(batch, np.random.default_rng(seed))["image"] for seed in (0, 0, 1)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
