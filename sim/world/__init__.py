"""Worlds: geometry as data, and what is made of it for Bullet, camera and clearance."""
