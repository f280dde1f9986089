"""Tests of `wcompose.contract`."""
