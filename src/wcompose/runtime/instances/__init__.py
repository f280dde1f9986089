"""Instances: their stores and bounds, functions, exports, and resources of their guests."""
