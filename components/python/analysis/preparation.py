"""From pictures to network input. Pure Python: nothing here knows of components."""

SIDE = 8
BRIGHTEST = 16


class BadPicture(ValueError):
    """A picture cannot be used; the message says why."""


def picture_row(
    width: int, height: int, pixels: bytes, *, scale: bool, invert: bool
) -> list[float]:
    """One picture as a row of floats.

    Args:
        width: pixels in a row; 8.
        height: rows; 8.
        pixels: brightness of each pixel, from 0 to 16.
        scale: bring brightness to 0..1.
        invert: paper is bright and ink is dark.

    Raises:
        BadPicture: it is not 8 by 8, or a pixel is out of range.
    """
    if (width, height) != (SIDE, SIDE):
        raise BadPicture(f"it is {width} by {height}, not {SIDE} by {SIDE}")
    if len(pixels) != SIDE * SIDE:
        raise BadPicture(f"it has {len(pixels)} pixels, not {SIDE * SIDE}")
    brightest = max(pixels)
    if brightest > BRIGHTEST:
        position = pixels.index(brightest)
        raise BadPicture(f"pixel {position} is {brightest}, more than {BRIGHTEST}")
    values = [BRIGHTEST - value for value in pixels] if invert else list(pixels)
    return [value / BRIGHTEST for value in values] if scale else [float(value) for value in values]
