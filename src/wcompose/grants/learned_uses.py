"""What was seen of nodes in a run, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from wcompose.project.grant_texts import GrantTextError


@dataclass(frozen=True)
class SeenUse:
    """Something that a node was seen to use.

    Attributes:
        interface: of what, without its version.
        function: by what.
        allowed: whether it was; a gate refuses what no grant could allow.
        target: what it was about.
        count: how often.
    """

    interface: str
    function: str
    allowed: bool = True
    target: str = ""
    count: int = 1


@dataclass
class Notes:
    """What is said beside the grants of one node.

    Attributes:
        reasons: by key of the grants table what each of its entries rests on.
        remarks: what stands for itself.
    """

    reasons: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def tell(self, key: str, reason: str) -> None:
        """Say what the next entry of a key rests on."""
        self.reasons.setdefault(key, []).append(reason)

    def can_grant(self, text: str, read: Callable[[str], object]) -> bool:
        """Whether a project file can say it; if not, a remark does."""
        try:
            text.encode()
            read(text)
        except (GrantTextError, UnicodeEncodeError):
            self.remarks.append(f"it used `{text}`, which no project file can name")
            return False
        return True


def count_of(uses: Iterable[SeenUse], interface: str, function: str = "") -> int:
    """How often an interface, or a function of it, was used."""
    return sum(
        use.count for use in uses if use.interface == interface and function in {"", use.function}
    )


def times_words(count: int) -> str:
    """``once``, ``2 times``."""
    return "once" if count == 1 else f"{count} times"
