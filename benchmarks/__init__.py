"""Figures with unit, direction and tolerance, and the gate that compares ratios with a committed baseline."""
