"""The UCI digits, split once: what trains the network, and what is held out to judge it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HELD_OUT = 450
"""Images that the network never sees while it is trained; a quarter of all 1,797."""
SEED = 20_261_121

Split = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


def split_digits() -> Split:
    """Pixels (rows of 64, from 0 to 16) and labels to train on, then those held out.

    Stratified by label, and the same on every machine. No held-out picture also stands, pixel for
    pixel, among those to train on.
    """
    digits = load_digits()
    pixels = digits.data.astype(np.uint8)
    labels = digits.target.astype(np.uint8)
    train, held_out, train_labels, held_out_labels = train_test_split(
        pixels, labels, test_size=HELD_OUT, random_state=SEED, stratify=labels
    )
    known = {row.tobytes() for row in held_out}
    fresh = np.array([row.tobytes() not in known for row in train])
    return train[fresh], train_labels[fresh], held_out, held_out_labels
