"""The safety layer: not learned, the same for every pilot, between its command and the autopilot."""

from sim.safety.fences import Fences, fenced, fences_of, outline
from sim.safety.layer import SafetyLayer, safety_layer

__all__ = ["Fences", "SafetyLayer", "fenced", "fences_of", "outline", "safety_layer"]
