"""One flight as one HTML file: everything in it, nothing fetched, a scene to look around in."""

from sim.record.page.document import write_page

__all__ = ["write_page"]
