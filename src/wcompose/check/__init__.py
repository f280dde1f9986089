"""Judging contracts: what breaks whom, what is badly written, and how that is told."""
