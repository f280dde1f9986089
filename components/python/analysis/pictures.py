"""Images as the network and the judgement need them: checked once, then plain numbers."""

from dataclasses import dataclass

from componentize_py_types import Err
from wit_world.exports import analysis
from wit_world.imports import types

SIDE = 8
"""Pixels in a row and rows of every image."""

INK = 16
"""Brightness of full ink; paper is 0."""


@dataclass(frozen=True)
class Picture:
    """An image that is known to be good."""

    pixels: bytes
    """64 brightness values from 0 to 16, row by row."""

    @property
    def ink(self) -> int:
        """All the ink in it."""
        return sum(self.pixels)

    @staticmethod
    def check(index: int, image: types.Image) -> "Picture":
        """Check an image.

        Args:
            index: Where it stands in the caller's list, for the error.
            image: The image as it came.

        Raises:
            Err: `bad-image` with what is wrong.
        """
        reason = _fault(image)
        if reason is not None:
            raise Err(analysis.AnalysisError_BadImage(analysis.BadImage(index, reason)))
        return Picture(bytes(image.pixels))


def _fault(image: types.Image) -> str | None:
    """Say what is wrong with an image, or None."""
    if (image.width, image.height) != (SIDE, SIDE):
        return f"it is {image.width} by {image.height} pixels, not {SIDE} by {SIDE}"
    if len(image.pixels) != SIDE * SIDE:
        return f"it has {len(image.pixels)} pixels, not {SIDE * SIDE}"
    for place, pixel in enumerate(image.pixels):
        if pixel > INK:
            return f"pixel {place} is {pixel}, brightness goes from 0 to {INK}"
    return None


def tensor_of(pictures: list[Picture], steps: analysis.Step) -> types.Tensor:
    """Make one batch tensor of shape `[len(pictures), 64]`.

    There are only 17 brightness values, so each is prepared once and looked up for every pixel.
    """
    levels = [float(value) for value in range(INK + 1)]
    if analysis.Step.INVERT in steps:
        levels = [INK - value for value in levels]
    if analysis.Step.SCALE in steps:
        levels = [value / INK for value in levels]
    data = [levels[pixel] for picture in pictures for pixel in picture.pixels]
    return types.Tensor(shape=[len(pictures), SIDE * SIDE], data=data)
