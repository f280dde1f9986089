"""From pictures to network input. Pure Python: nothing here knows of components."""

SIDE = 8
BRIGHTEST = 16


class BadPicture(ValueError):
    """A picture cannot be used; the message says why."""


def picture_row(width: int, height: int, pixels: bytes, *, invert: bool) -> bytes:
    """One picture as a row of network input, in steps of brightness.

    Args:
        width: pixels in a row; 8.
        height: rows; 8.
        pixels: brightness of each pixel, from 0 to 16.
        invert: paper is bright and ink is dark.

    Raises:
        BadPicture: it is not 8 by 8, or a pixel is out of range.
    """
    if (width, height) != (SIDE, SIDE):
        raise BadPicture(f"it is {width} by {height}, not {SIDE} by {SIDE}")
    if len(pixels) != SIDE * SIDE:
        raise BadPicture(f"it has {len(pixels)} pixels, not {SIDE * SIDE}")
    if max(pixels) > BRIGHTEST:
        position = next(place for place, value in enumerate(pixels) if value > BRIGHTEST)
        raise BadPicture(f"pixel {position} is {pixels[position]}, more than {BRIGHTEST}")
    return bytes(BRIGHTEST - value for value in pixels) if invert else bytes(pixels)


def step_of_brightness(*, scale: bool) -> float:
    """What one step of brightness stands for: a sixteenth, so that paper is 0 and ink 1, or itself."""
    return 1 / BRIGHTEST if scale else 1.0
