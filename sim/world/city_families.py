"""Which CityJSON objects are parts of one whole: a building and its parts keep their heights relative to each other."""

from typing import Any

from sim.world.cityjson import CityObject, Fault, expect, listed


def families_of(objects: tuple[CityObject, ...]) -> dict[str, str]:
    """The name of the topmost parent of every object, by its name; a ring of parents is a Fault."""
    above: dict[str, str] = {}
    known = {item.name for item in objects}
    for item in objects:
        for child in _names(item.content, "children", item.where):
            if child in known:
                above.setdefault(child, item.name)
        parents = _names(item.content, "parents", item.where)
        unknown = next((name for name in parents if name not in known), None)
        if unknown is not None:
            raise Fault(
                f"{item.where}.parents: {unknown[:60]!r}: there is no such object in the file"
            )
        if parents:
            above[item.name] = parents[0]
    top: dict[str, str] = {}
    for item in objects:
        chain, here = [item.name], item.name
        while here in above and here not in top:
            here = above[here]
            if here in chain:
                raise Fault(f"{item.where}.parents: a ring: {' -> '.join([*chain[:5], here])}")
            chain.append(here)
        summit = top.get(here, here)
        top.update(dict.fromkeys(chain, summit))
    return top


def _names(content: dict[str, Any], key: str, where: str) -> list[str]:
    names = expect(listed(content, key), list, f"{where}.{key}")
    return [expect(name, str, f"{where}.{key}") for name in names]
