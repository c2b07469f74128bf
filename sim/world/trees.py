"""Tree inventories: positions, trunks and heights in metres, from whatever a forester or a city wrote into a table."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sim.world.geometry import Cylinders, Semantic
from sim.world.local_plane import from_local_plane, to_local_plane
from sim.world.place_file import brief
from sim.world.place_options import FARTHEST, LENGTHS_M, NO_OPTIONS, PlaceOptions
from sim.world.tree_columns import Column, Layout, layout_of
from sim.world.tree_heights import HEIGHT_MODELS
from sim.world.tree_table import Table, number, read_table, two_numbers

MAX_TREES = 1_000_000
MAX_DIAMETER = 12.0
"""m; the thickest known trunk, the Árbol del Tule, has 11.6."""
_MAX_HEIGHT = 130.0
"""m; the highest known tree has 116."""
_METRES_BELOW = 3.0
"""A median diameter below is in metres: in inches or centimetres it would be of seedlings."""
_AMERICA = ((18.0, 72.0), (-170.0, -52.0))
"""Latitudes and longitudes where foresters tape diameters in inches, Canada taken along."""
_LARGEST = 1e9
"""Of a coordinate, in whatever unit."""
_OWN = ("x_m", "y_m")
"""Columns whose numbers are metres from a plot's own corner, which stays the origin."""


@dataclass(frozen=True)
class Inventory:
    """A whole file."""

    positions: Float[np.ndarray, "n 2"]  # m
    diameters: Float[np.ndarray, " n"]  # m
    heights: Float[np.ndarray, " n"]  # m
    geodetic_origin: tuple[float, float] | None
    """Latitude and longitude of the origin, degrees, of an inventory that has them."""
    notes: tuple[str, ...]

    def cut(self, low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]) -> Cylinders:
        """Trees whose trunk stands in a rectangle, moved to its corner; barks differ a little in tone, by their place in the file."""
        inside = ((self.positions >= low) & (self.positions <= high)).all(axis=1)
        tone = 0.85 + 0.3 * ((np.arange(len(self.positions)) * 0.618034) % 1.0)[inside]
        count = int(inside.sum())
        return Cylinders(
            bases=np.column_stack([self.positions[inside] - low, np.zeros(count)]),
            radii=self.diameters[inside] / 2,
            heights=self.heights[inside],
            semantic=np.full(count, Semantic.TRUNK, dtype=np.int64),
            colors=tone[:, None] * np.array([0.42, 0.30, 0.22]),
        )


def read_inventory(path: Path, options: PlaceOptions = NO_OPTIONS) -> Inventory:
    """Read a file; anything wrong with it is a ValueError that names the file, the line and the reason."""
    try:
        table = read_table(path, options)
        layout = layout_of(table.header, options.columns)
        return _Reading(table, layout, options).inventory()
    except ValueError as error:
        message = brief(error)
        raise ValueError(message if str(path) in message else f"{path}: {message}") from error


class _Reading:
    """One table being read."""

    def __init__(self, table: Table, layout: Layout, options: PlaceOptions) -> None:
        self._table, self._layout, self._options = table, layout, options
        self._degrees = self._is_degrees()
        self._trunk = layout.diameter or layout.circumference
        self._left_out, self._notes = Counter[str](), list[str]()

    def inventory(self) -> Inventory:
        rows = self._rows()
        if not len(rows):
            why = "; ".join(f"{count} rows {reason}" for reason, count in self._left_out.items())
            raise ValueError(f"no trees{f': {why}' if why else ''}")
        positions, origin = self._positions(rows[:, :2])
        self._check_extent(positions)
        diameters = self._diameters(rows[:, 2], positions, rows)
        heights = self._heights(rows[:, 3], diameters)
        self._notes += [f"{n} rows left out: {why}" for why, n in sorted(self._left_out.items())]
        return Inventory(positions, diameters, heights, origin, tuple(self._notes))

    # --- Private.

    def _check_extent(self, positions: Float[np.ndarray, "n 2"]) -> None:
        reach = float(np.abs(positions).max())
        if reach > FARTHEST:
            raise ValueError(
                f"reaches {reach:.3g} m from its origin, more than {FARTHEST:g}: is a coordinate wrong, "
                f"or place_options.scale = {self._options.scale:g}, or its origin_m?"
            )

    def _is_degrees(self) -> bool:
        layout, asked = self._layout, self._options.coordinates
        if asked in ("lat_lon", "lon_lat"):
            return True
        has_plane = layout.x is not None and layout.y is not None
        return asked == "auto" and not has_plane

    def _rows(self) -> Float[np.ndarray, "n 4"]:
        """First and second coordinate (longitude first), trunk and height as written; NaN where missing."""
        found: list[tuple[float, float, float, float]] = []
        height = self._layout.height
        for line, row in self._table.rows:
            where = self._where(row, line)
            if where is None:
                self._left_out["without a position"] += 1
                continue
            assert self._trunk is not None
            trunk = self._number(row, self._trunk, line)
            if trunk is not None and trunk < 0:
                raise ValueError(
                    f"line {line}: {self._trunk.name} = {trunk:g}: must be finite, the diameter above 0"
                )
            if not trunk and self._options.default_diameter_m is None:
                self._left_out["without a trunk diameter"] += 1
                continue
            tall = None if height is None else self._number(row, height, line)
            found.append((*where, trunk or np.nan, tall if tall and tall > 0 else np.nan))
            if len(found) > MAX_TREES:
                raise ValueError(f"line {line}: more than {MAX_TREES} trees")
        return np.array(found, dtype=np.float64).reshape(-1, 4)

    def _where(self, row: list[str], line: int) -> tuple[float, float] | None:
        layout = self._layout
        first, second = (layout.x, layout.y)
        if self._degrees and layout.latitude is not None and layout.longitude is not None:
            first, second = layout.longitude, layout.latitude
        if first is not None and second is not None:
            x, y = self._number(row, first, line), self._number(row, second, line)
            # Cities write 0, 0 for a tree they have not placed.
            unplaced = x is None or y is None or (self._degrees and x == 0 and y == 0)
            if unplaced:
                return None
            for column, value in ((first, x), (second, y)):
                if value is not None and abs(value) > _LARGEST:
                    raise ValueError(
                        f"line {line}: {column.name} = {value:g}: no coordinate is above {_LARGEST:g}"
                    )
            pair = (float(x or 0.0), float(y or 0.0))
            return (pair[1], pair[0]) if self._swapped(first) else pair
        if layout.point is None:
            raise ValueError(
                f"place_options.coordinates = {self._options.coordinates!r}: the columns found are latitude and "
                "longitude; name those in metres as place_options.columns.x and y"
            )
        index = layout.point.index
        pair = two_numbers(row[index] if index < len(row) else None)
        if pair is None:
            return None
        # Well-known text and GeoJSON say x (longitude) first, plain pairs of numbers latitude first.
        latitude_first = "POINT" not in row[index].upper()
        if self._options.coordinates != "auto":
            latitude_first = self._options.coordinates == "lat_lon"
        return (pair[1], pair[0]) if latitude_first else pair

    def _swapped(self, first: Column) -> bool:
        """Whether columns called x and y hold latitude and longitude."""
        return first is self._layout.x and self._options.coordinates == "lat_lon"

    def _number(self, row: list[str], column: Column, line: int) -> float | None:
        cell = row[column.index] if column.index < len(row) else None
        try:
            return number(cell, self._table.decimal)
        except (ValueError, OverflowError) as error:
            shown = "" if cell is None else cell[:60]
            raise ValueError(
                f"line {line}: {column.name} = {shown!r} is no finite number"
            ) from error

    def _positions(
        self, raw: Float[np.ndarray, "n 2"]
    ) -> tuple[Float[np.ndarray, "n 2"], tuple[float, float] | None]:
        options, x = self._options, self._layout.x
        if self._degrees:
            return self._projected(raw)
        unit = "ft" if options.coordinates == "ft" else (x.unit if x is not None else "")
        if options.coordinates == "m":
            unit = "m"
        positions = options.scale * LENGTHS_M.get(unit, 1.0) * raw
        if (
            options.coordinates == "auto"
            and not unit
            and np.abs(raw).max() <= 180
            and 0 < np.ptp(raw, axis=0).max() < 0.5
            and len(raw) > 20
        ):
            raise ValueError(
                f"{len(raw)} trees within {np.ptp(raw, axis=0).max():.3g} m: degrees, as it seems: "
                'say place_options.coordinates = "lon_lat" (x is the longitude) or "lat_lon", or "m"'
            )
        if options.origin_m is not None:
            return positions - np.array(options.origin_m[:2]), None
        if self._keeps_its_origin():
            return positions, None
        return positions - positions.min(axis=0), None

    def _keeps_its_origin(self) -> bool:
        columns = (self._layout.x, self._layout.y)
        return tuple(column.name for column in columns if column is not None) == _OWN

    def _projected(
        self, raw: Float[np.ndarray, "n 2"]
    ) -> tuple[Float[np.ndarray, "n 2"], tuple[float, float]]:
        longitude, latitude = raw.T
        outside = (np.abs(latitude) > 90) | (np.abs(longitude) > 360)
        if outside.any():
            row = int(np.argmax(outside))
            raise ValueError(
                f"tree {row + 1}: latitude {latitude[row]:g}, longitude {longitude[row]:g} are no degrees"
            )
        middle = (float(np.median(latitude)), float(np.median(longitude)))
        positions = self._options.scale * to_local_plane(latitude, longitude, *middle)
        if self._options.origin_m is not None:
            corner = np.array(self._options.origin_m[:2])
        else:
            corner = positions.min(axis=0)
        return positions - corner, from_local_plane(corner / self._options.scale, *middle)

    def _diameters(
        self, raw: Float[np.ndarray, " n"], positions: Float[np.ndarray, "n 2"], rows: np.ndarray
    ) -> Float[np.ndarray, " n"]:
        trunk, missing = self._trunk, np.isnan(raw)
        assert trunk is not None
        around = trunk is self._layout.circumference
        known = raw[~missing]
        unit = self._diameter_unit(trunk, known / np.pi if around else known, rows)
        diameters = LENGTHS_M[unit] * raw / (np.pi if around else 1.0)
        if missing.any():
            assert self._options.default_diameter_m is not None
            diameters[missing] = self._options.default_diameter_m
            self._notes.append(
                f"{int(missing.sum())} trees without a diameter, taken for {self._options.default_diameter_m:g} m"
            )
        thick = diameters > MAX_DIAMETER
        if thick.sum() > 0.05 * len(diameters):
            raise ValueError(
                f"{trunk.name}: {int(thick.sum())} trees thicker than {MAX_DIAMETER:g} m: the unit is not {unit}: "
                f"say place_options.diameter_unit, one of {', '.join(LENGTHS_M)}"
            )
        if thick.any():
            self._notes.append(
                f"{int(thick.sum())} trees thicker than {MAX_DIAMETER:g} m, taken for that"
            )
        return np.minimum(diameters, MAX_DIAMETER)

    def _diameter_unit(self, trunk: Column, known: np.ndarray, rows: np.ndarray) -> str:
        if self._options.diameter_unit != "auto":
            return self._options.diameter_unit
        if trunk.unit:
            return trunk.unit
        if not len(known) or (np.median(known) < _METRES_BELOW and np.max(known) <= MAX_DIAMETER):
            unit, why = "m", "so small"
        elif self._degrees and self._in_america(rows):
            unit, why = "in", "of North America"
        elif self._layout.x is not None and self._layout.x.unit == "ft":
            unit, why = "in", "placed in feet"
        else:
            unit, why = "cm", "without a unit"
        self._notes.append(
            f"{trunk.name} taken for {unit} (numbers {why}); place_options.diameter_unit says otherwise"
        )
        return unit

    def _in_america(self, rows: np.ndarray) -> bool:
        longitude, latitude = np.median(rows[:, :2], axis=0)
        (south, north), (west, east) = _AMERICA
        return bool(south <= latitude <= north and west <= longitude <= east)

    def _heights(
        self, raw: Float[np.ndarray, " n"], diameters: Float[np.ndarray, " n"]
    ) -> Float[np.ndarray, " n"]:
        options, column = self._options, self._layout.height
        if options.height_m is not None:
            modelled = np.full(len(diameters), options.height_m)
        else:
            modelled = HEIGHT_MODELS[options.height_model](diameters)
        if column is None:
            return modelled
        unit = options.height_unit if options.height_unit != "auto" else column.unit
        known = raw[~np.isnan(raw)]
        if not unit:
            unit = "m"
            if (
                len(known)
                and self._degrees is False
                and self._layout.x is not None
                and self._layout.x.unit == "ft"
            ):
                unit = "ft"
            if len(known):
                self._notes.append(
                    f"{column.name} taken for {unit}; place_options.height_unit says otherwise"
                )
        heights = LENGTHS_M[unit] * raw
        wrong = heights > _MAX_HEIGHT
        if wrong.sum() > 0.05 * max(1, len(known)):
            raise ValueError(
                f"{column.name}: {int(wrong.sum())} trees higher than {_MAX_HEIGHT:g} m: the unit is not {unit}: "
                f"say place_options.height_unit, one of {', '.join(LENGTHS_M)}"
            )
        unknown = np.isnan(heights) | wrong
        if unknown.any():
            source = "height_m" if options.height_m is not None else options.height_model
            self._notes.append(f"{int(unknown.sum())} trees without a height, which {source} gives")
        return np.where(unknown, modelled, heights)
