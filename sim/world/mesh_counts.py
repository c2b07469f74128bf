"""How much of everything a mesh file may hold."""

MAX_FACES = 2_000_000


def check_count(count: int, what: str, most: int = 3 * MAX_FACES) -> None:
    """Raise ValueError where there is more."""
    if not 0 <= count <= most:
        raise ValueError(f"{count} {what}: at most {most}")
