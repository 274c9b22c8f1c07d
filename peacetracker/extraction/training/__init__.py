"""Learns the weights of the detector from gold files: ``python -m peacetracker.extraction.training GOLD``."""
