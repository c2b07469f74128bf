"""Which column of a tree inventory is which: by the names that foresters and cities give them, in several languages."""

import re
from dataclasses import dataclass

from sim.world.place_options import LENGTHS_M, Columns

# Names without case, accents and punctuation, units taken off; the first that a header has is taken.
_NAMES: dict[str, tuple[str, ...]] = {
    "x": (
        "x", "xcoord", "xcoordinate", "coordx", "pointx", "posx", "xsp", "easting", "eastings", "east", "utmx",
        "utme", "utmeasting", "xutm", "gx", "px", "xlocal", "rechtswert", "hochwertx", "e",
    ),
    "y": (
        "y", "ycoord", "ycoordinate", "coordy", "pointy", "posy", "ysp", "northing", "northings", "north", "utmy",
        "utmn", "utmnorthing", "yutm", "gy", "py", "ylocal", "hochwert", "n",
    ),
    "latitude": ("latitude", "lat", "latdd", "latitud", "ylat", "decimallatitude", "breitengrad"),
    "longitude": (
        "longitude", "lon", "long", "lng", "londd", "longitud", "xlon", "xlong", "decimallongitude", "laengengrad",
    ),
    "point": ("geopoint2d", "geopoint", "thegeom", "geom", "geometry", "wkt", "location", "coordinates", "point", "shape"),
    "diameter": (
        "dbh", "treedbh", "dbhtrunk", "diameteratbreastheight", "diameterbreastheight", "diameter", "treediameter",
        "trunkdiameter", "trunkdiam", "stemdiameter", "diam", "dia", "bhd", "stammdurchmesser", "stammd", "diametre",
        "diametro", "dap", "d", "d130", "d13",
    ),
    "circumference": (
        "circumference", "trunkcircumference", "girth", "trunkgirth", "gbh", "cbh", "stammumfang", "stammumfg",
        "umfang", "circonference", "circonferencetronc", "perimetre", "perimetro", "cap", "stamomtrek",
    ),
    "height": (
        "height", "treeheight", "totalheight", "heighttotal", "ht", "totht", "h", "hgt", "baumhoehe", "baumhohe",
        "hoehe", "hohe", "hauteur", "hauteurtotale", "altura", "altezza", "boomhoogte", "hoogte",
    ),
}  # fmt: skip
_UNIT = re.compile(
    r"(?:^|[^a-z])(mm|cm|centimet(?:er|re)s?|millimet(?:er|re)s?|m|met(?:er|re)s?|in|inch(?:es)?|ft|feet|foot)$"
)
_FEET = ("xsp", "ysp")
"""Columns of state-plane coordinates, which New York states in US feet."""
_ACCENTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "é": "e", "è": "e", "ê": "e", "à": "a", "ó": "o", "í": "i"}
)


@dataclass(frozen=True)
class Column:
    """One column that is used."""

    index: int
    name: str
    unit: str  # a key of LENGTHS_M, or empty where the name says none


@dataclass(frozen=True)
class Layout:
    """What of a header is used; None where there is no such column."""

    x: Column | None
    y: Column | None
    latitude: Column | None
    longitude: Column | None
    point: Column | None
    diameter: Column | None
    circumference: Column | None
    height: Column | None


def layout_of(header: list[str], wanted: Columns) -> Layout:
    """Find every column, by the name that was given for it or by the names it usually has; a ValueError lists those there are."""
    given = _all_given(header, wanted)
    taken = {column.index for column in given.values()}
    found: dict[str, Column | None] = {
        role: given.get(role) or _usual(header, names, taken) for role, names in _NAMES.items()
    }
    if wanted.x and wanted.y:
        found |= dict.fromkeys(("latitude", "longitude", "point"))
    elif found["latitude"] and found["longitude"] and not (wanted.x or wanted.y):
        found |= dict.fromkeys(("x", "y"))  # Degrees also say where on Earth the place is.
    if wanted.circumference and not wanted.diameter:
        found["diameter"] = None
    _check_single(header, found)
    layout = Layout(**found)
    places = (layout.x and layout.y, layout.latitude and layout.longitude, layout.point)
    if not any(places):
        raise ValueError(
            _missing(header, "position (x and y, or latitude and longitude)", "x", "y")
        )
    if layout.diameter is None and layout.circumference is None:
        raise ValueError(_missing(header, "trunk (diameter or circumference)", "diameter"))
    return layout


def _all_given(header: list[str], wanted: Columns) -> dict[str, Column]:
    """The columns that are named, by their role."""
    found: dict[str, Column] = {}
    for role in _NAMES:
        name = getattr(wanted, role, "")
        if not name:
            continue
        column = _given(header, role, name)
        other = next((own for own, each in found.items() if each.index == column.index), None)
        if other is not None:
            raise ValueError(
                f"place_options.columns.{role} = {name!r}: is columns.{other} already; {_listed(header)}"
            )
        found[role] = column
    return found


def _check_single(header: list[str], found: dict[str, Column | None]) -> None:
    """Of two columns of one name nobody knows which is meant."""
    plain = [cell.strip() for cell in header]
    for column in found.values():
        if column is not None and plain.count(column.name) > 1:
            raise ValueError(
                f"line 1: {plain.count(column.name)} columns called {column.name!r}; {_listed(header)}"
            )


def _given(header: list[str], role: str, name: str) -> Column:
    plain = [cell.strip() for cell in header]
    if name not in plain:
        raise ValueError(
            f"place_options.columns.{role} = {name!r}: no such column; {_listed(header)}"
        )
    return Column(plain.index(name), name, _unit(name))


def _usual(header: list[str], names: tuple[str, ...], taken: set[int]) -> Column | None:
    """The first column with a usual name that nobody has named for another purpose."""
    stems = [_stem(cell) for cell in header]
    for name in names:
        for index, stem in enumerate(stems):
            if stem == name and index not in taken:
                unit = _unit(header[index]) or ("ft" if name in _FEET else "")
                return Column(index, header[index].strip(), unit)
    return None


def _plain(cell: str) -> str:
    """Lower case, accents and brackets gone, words apart."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell.strip())
    return re.sub(r"[^a-z0-9]+", " ", spaced.lower().translate(_ACCENTS)).strip()


def _stem(cell: str) -> str:
    """The name without its unit, in one word; a column called m or in is no unit."""
    plain = _plain(cell)
    match = _UNIT.search(plain)
    return (plain[: match.start()] if match and match.start() else plain).replace(" ", "")


def _unit(cell: str) -> str:
    match = _UNIT.search(_plain(cell))
    if not match or not match.start():
        return ""
    word = match.group(1)
    long = {"ce": "cm", "mi": "mm", "me": "m", "inch": "in", "fe": "ft", "fo": "ft"}
    return (
        word
        if word in LENGTHS_M
        else next(u for start, u in long.items() if word.startswith(start))
    )


def _missing(header: list[str], what: str, *roles: str) -> str:
    advice = " and ".join(f"place_options.columns.{role}" for role in roles)
    return f"line 1: no column for the {what}; {_listed(header)}; name yours with {advice}"


def _listed(header: list[str]) -> str:
    shown = ", ".join(repr(cell.strip()[:40]) for cell in header[:40])
    return f"the file has {shown}{', ...' if len(header) > 40 else ''}"
