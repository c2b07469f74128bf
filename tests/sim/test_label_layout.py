"""Laws of labels on maps: whatever is drawn, no label lies over another, over a mark, or outside the map."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.record.label_layout import DOT, Box, Label, SiteLabels, label_sites, place_labels

AREA = Box(0.0, 22.0, 432.0, 410.0)
NOWHERE = np.empty((0, 2))
SIZES = (8.0, 13.0), (40.0, 11.0)
spots = st.lists(st.tuples(st.floats(0.0, 432.0), st.floats(0.0, 432.0)), min_size=1, max_size=30)


def label(spots: list[tuple[float, float]], pad: tuple[float, float]) -> list[SiteLabels]:
    discs = [Box.around(x, y, 20.0, 20.0) for x, y in spots]
    return label_sites(discs, [SIZES] * len(spots), [Box.around(*pad, 18.0, 18.0)], AREA, NOWHERE)


def drawn(
    spots: list[tuple[float, float]], placed: list[SiteLabels]
) -> tuple[list[Box], list[Box]]:
    """Discs, and all labels."""
    discs = [
        Box.around(x, y, 20.0, 20.0)
        for (x, y), site in zip(spots, placed, strict=True)
        if site.whole
    ]
    boxes = [box for site in placed for box in (site.number, site.prize) if box is not None]
    return discs, boxes


@given(spots, st.tuples(st.floats(0.0, 432.0), st.floats(0.0, 432.0)))
def test_nothing_that_is_drawn_covers_anything_else(
    spots: list[tuple[float, float]], pad: tuple[float, float]
) -> None:
    placed = label(spots, pad)
    discs, boxes = drawn(spots, placed)
    dots = [
        Box.around(x, y, DOT, DOT)
        for (x, y), site in zip(spots, placed, strict=True)
        if not site.whole
    ]
    home = Box.around(*pad, 18.0, 18.0)
    assert not any(one.meets(other) for one, other in combinations([home, *discs], 2))
    assert not any(one.meets(other) for one, other in combinations(boxes, 2))
    assert not any(box.meets(mark) for box in boxes for mark in (home, *discs, *dots))
    assert all(AREA.holds(box) for box in boxes)


@given(spots)
def test_a_prize_is_written_only_where_its_site_has_a_number(
    spots: list[tuple[float, float]],
) -> None:
    for site in label(spots, (200.0, 200.0)):
        assert site.prize is None or site.whole or site.number is not None
        assert site.number is None or not site.whole


def test_sites_far_apart_have_everything() -> None:
    placed = label([(60.0, 80.0), (200.0, 300.0), (380.0, 100.0)], (300.0, 380.0))
    assert all(site.whole and site.prize is not None for site in placed)


def test_a_crowd_keeps_what_there_is_room_for() -> None:
    placed = label([(200.0, 200.0)] * 40, (20.0, 400.0))
    assert [site.whole for site in placed] == [True] + [False] * 39
    assert 1 < sum(site.number is not None for site in placed) < 39


@given(st.tuples(st.floats(60.0, 370.0), st.floats(80.0, 340.0)))
def test_a_lone_label_is_below_its_mark_and_beside_the_trail(spot: tuple[float, float]) -> None:
    mark = Box.around(*spot, 20.0, 20.0)
    free = place_labels([Label(mark, 40.0, 11.0)], [mark], AREA, NOWHERE)[0]
    assert free is not None
    assert free.middle[0] == pytest.approx(spot[0])
    assert free.top > mark.bottom
    trail = np.column_stack([np.full(50, spot[0]), np.linspace(spot[1], spot[1] + 60.0, 50)])
    aside = place_labels([Label(mark, 40.0, 11.0)], [mark], AREA, trail)[0]
    assert aside is not None
    inside = (trail > (aside.left, aside.top)) & (trail < (aside.right, aside.bottom))
    assert not inside.all(axis=1).any()


def test_what_touches_does_not_cover() -> None:
    one = Box(0, 0, 10, 10)
    assert not one.meets(Box(10, 0, 20, 10))
    assert one.meets(Box(9, 9, 20, 20))
    assert one.holds(one)
