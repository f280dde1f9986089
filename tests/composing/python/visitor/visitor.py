"""The top: gets tokens from a desk, and gives them back, away, or up."""

from wit_world import exports
from wit_world.exports.trial import Report
from wit_world.imports import desk, vault

kept: list[vault.Token] = []


def read(token: vault.Token) -> Report:
    slip = desk.read(token, ["visitor"])
    return Report(slip.label, slip.amount, slip.down, slip.up)


class Trial(exports.Trial):
    def round_trip(self, label: str, amount: int) -> Report:
        token = desk.exchange(desk.issue(label), amount)
        report = read(token)
        assert desk.close(token) == report.amount
        return report

    def give_away(self, label: str) -> None:
        desk.discard(desk.issue(label))

    def let_go(self, label: str) -> None:
        with desk.issue(label):
            pass

    def keep(self, label: str) -> int:
        kept.append(desk.issue(label))
        return len(kept)

    def release(self) -> list[Report]:
        reports = [read(token) for token in kept]
        while kept:
            kept.pop().__exit__(None, None, None)
        return reports
