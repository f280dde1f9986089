"""Text from files and guests, made safe to show."""

from __future__ import annotations


def printable(text: str, *, keep_tabs: bool = False) -> str:
    r"""Text from files or guests without the power to steer the terminal.

    Control characters other than the line break become their code in ``\x..`` form.
    """
    return "".join(
        character
        if character.isprintable() or (character == "\t" and keep_tabs) or character == "\n"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
