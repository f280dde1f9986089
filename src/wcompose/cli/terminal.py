"""What guests write to a terminal: text and colours, without the power to steer it.

A terminal obeys whoever writes to it: it takes a title, a clipboard or answers of its own from what it
is sent, and moves its cursor over lines that somebody else wrote. Components are not trusted with that.
What is no terminal, a file or another program, gets the bytes as they are.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from wcompose.texts import printable

_COLOUR = re.compile(r"\x1b\[[0-9;:]{0,40}m")
"""Select Graphic Rendition (ECMA-48, 8.3.117), and the end of it that may not have come yet."""
_UNFINISHED = re.compile(r"(?:\x1b(?:\[[0-9;:]{0,40})?|\r)\Z")
_PIECE = re.compile(rf"(?P<kept>{_COLOUR.pattern}|\r\n)")
_PLAIN = "\x1b[0m"


class TerminalText:
    r"""Makes a guest's output fit for a terminal, however it is cut into writes.

    Colours and line ends stay. Other control characters, a lone carriage return among them, are shown
    as their code in ``\x..`` form.

    Args:
        write: takes the text, encoded as UTF-8.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._waiting = ""
        self._has_colour = False

    def __call__(self, data: bytes) -> None:
        """Write what of the data can be told; an unfinished character or colour waits for the rest."""
        text = self._waiting + self._decoder.decode(data)
        unfinished = _UNFINISHED.search(text)
        self._waiting = unfinished.group() if unfinished else ""
        self._put(text.removesuffix(self._waiting))

    def close(self) -> None:
        """Write what waits, and take back the guest's colours."""
        self._put(self._waiting + self._decoder.decode(b"", final=True))
        self._waiting = ""
        if self._has_colour:
            self._has_colour = False
            self._write(_PLAIN.encode())

    def _put(self, text: str) -> None:
        if not text:
            return
        pieces = _PIECE.split(text)
        self._has_colour = self._has_colour or any(each.startswith("\x1b") for each in pieces[1::2])
        pieces[0::2] = (printable(each, keep_tabs=True) for each in pieces[0::2])
        self._write("".join(pieces).encode())
