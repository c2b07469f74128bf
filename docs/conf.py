"""How the documentation site is built: `make docs` turns these pages into HTML in `build/site`, warnings being errors."""

import tomllib
from pathlib import Path

_PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"

project = "Trident"
author = "Trident contributors"
release = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
extensions = ["myst_parser"]
exclude_patterns = ["media"]
# Blocks without a language are commands and drawings, not Python.
highlight_language = "text"
# Headings down to the third level can be linked to, as on the pages where repositories are read.
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"Trident {release}"
# The pages' sources lie beside the code; a second copy on the site would only be found by searches.
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False
html_theme_options = {
    # Tables are what many pages consist of: let them use the width there is.
    "light_css_variables": {"content-padding": "2em"},
    "dark_css_variables": {"content-padding": "2em"},
}
