"""What a network is, as data: sizes of inputs and outputs, which heads, how wide; JSON in and out."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

HEADS = ("navigation", "avoidance", "mission")


@dataclass(frozen=True)
class NetworkConfig:
    """Everything needed to build a network; the defaults are the shared network at full width."""

    heads: tuple[str, ...] = HEADS
    """Any non-empty subset of navigation, avoidance, mission; one head makes a specialist."""
    width: float = 1.0
    """Multiplies every hidden size of trunk and heads."""
    negative_slope: float = 0.1
    """Of the leaky rectifiers after convolutions and hidden layers. With 0, half of a network's channels died in training."""
    image_shape: tuple[int, int, int] = (4, 48, 64)
    """Red, green, blue, depth code; height and width must be multiples of 16."""
    history_shape: tuple[int, int, int] = (3, 12, 16)
    """Past depth codes at a quarter of the image's resolution."""
    pixel_mean: float = 128.0
    pixel_scale: float = 64.0
    """Colours and depth codes, past ones included, enter as (byte - `pixel_mean`) / `pixel_scale`."""
    candidates: int = 102
    """Lattice commands that the navigation and avoidance heads judge."""
    site_tokens: int = 12
    """Token 0 is home. Mission choices are the tokens, then inspect, then land."""
    ego_scale: tuple[float, ...] = (
        5.0,
        5.0,
        5.0,
        1.0,
        1.0,
        1.0,
        2.0,
        2.0,
        2.0,
        3.0,
        3.0,
        1.0,
        1.0,
        1.0,
        1.0,
        1.0,
    )
    """Typical magnitude of each entry of `ego`, which is divided by it; its length is the entry count."""
    goal_scale: tuple[float, ...] = (1.0, 1.0, 1.0, 4.0, 5.0, 1.0)
    site_scale: tuple[float, ...] = (50.0, 50.0, 50.0, 1.0, 1.0, 5.0, 1.0, 1.0, 3.0, 1.0, 1.0, 1.0)
    """The first three site features are the position relative to the drone, m."""

    def __post_init__(self) -> None:
        unknown = [head for head in self.heads if head not in HEADS]
        if unknown or not self.heads or len(set(self.heads)) != len(self.heads):
            raise ValueError(
                f"heads = {self.heads}: choose one or more of {', '.join(HEADS)}, each once"
            )
        if not 0 < self.width <= 16:
            raise ValueError(f"width = {self.width}: must lie in (0, 16]")
        if not 0 <= self.negative_slope < 1:
            raise ValueError(f"negative_slope = {self.negative_slope}: must lie in [0, 1)")
        if self.candidates < 1 or self.site_tokens < 2:
            raise ValueError(
                f"candidates = {self.candidates}, site_tokens = {self.site_tokens}: at least 1 and 2 (home and a site)"
            )
        channels, height, width = self.image_shape
        if channels != 4 or height % 16 or width % 16:
            raise ValueError(
                f"image_shape = {self.image_shape}: 4 channels, sides that are multiples of 16"
            )
        if self.history_shape[1:] != (height // 4, width // 4):
            raise ValueError(
                f"history_shape = {self.history_shape}: must be a quarter of image_shape {self.image_shape}"
            )
        if min(self.pixel_scale, *self.ego_scale, *self.goal_scale, *self.site_scale) <= 0:
            raise ValueError("pixel_scale, ego_scale, goal_scale and site_scale must be positive")

    def scaled(self, size: int) -> int:
        """`size` times the width multiplier, in steps of 4 so that four attention heads divide it."""
        return max(4, 4 * round(size * self.width / 4))

    def to_json(self) -> str:
        """All fields, indented."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "NetworkConfig":
        """The inverse of `to_json`; unknown and missing fields are errors, so no default slips in unseen."""
        values: dict[str, Any] = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("a network configuration is a JSON object")
        names = {field.name for field in dataclasses.fields(cls)}
        if values.keys() != names:
            missing, unknown = sorted(names - values.keys()), sorted(values.keys() - names)
            raise ValueError(
                f"missing fields {missing}, unknown fields {unknown}; fields are {sorted(names)}"
            )
        fields: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        return cls(**fields)
