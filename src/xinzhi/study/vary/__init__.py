"""Replay a study with its choices varied, and say how sure the index is."""
