"""The top of a diamond: gets a token from a desk, and gives it to an auditor."""

from wit_world import exports
from wit_world.imports import audit, desk


class Handover(exports.Handover):
    def run(self, label: str, amount: int) -> list[int]:
        token = desk.issue(label)
        said = [audit.inspect(token)]
        token = desk.exchange(token, amount)
        said.append(audit.inspect(token))
        token.add(1)
        return [*said, audit.seize(token)]
