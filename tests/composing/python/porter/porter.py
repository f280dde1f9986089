"""A desk in front of another: passes every call on and remembers it."""

from wit_world import exports
from wit_world.imports import desk, vault

seen: list[str] = []


class Desk(exports.Desk):
    def issue(self, label: str) -> vault.Token:
        seen.append(f"issue {label}")
        return desk.issue(label)

    def read(self, token: vault.Token, down: list[str]) -> desk.Slip:
        seen.append(f"read {token.label()}")
        slip = desk.read(token, [*down, "porter"])
        slip.up.append("porter")
        return slip

    def exchange(self, token: vault.Token, amount: int) -> vault.Token:
        seen.append(f"exchange {token.label()}")
        token.add(1)
        return desk.exchange(token, amount)

    def close(self, token: vault.Token) -> int:
        seen.append(f"close {token.label()}")
        return desk.close(token)

    def discard(self, token: vault.Token) -> None:
        with token:
            seen.append(f"discard {token.label()}")


class Journal(exports.Journal):
    def entries(self) -> list[str]:
        return seen
