"""Sums documents up: the sentence that says most, and how long it takes to read the rest."""

import math
import re
from collections import Counter

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import log
from wit_world.imports.documents import Attribute, Document, Problem_Unsuitable

WORDS_A_MINUTE = 220
LONGEST_SUMMARY = 200

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]{3,}")


class Transformer(exports.Transformer):
    """Functions of the interface."""

    def describe(self) -> str:
        """What the plugin does."""
        return "sums a document up in one of its sentences"

    def transform(self, document: Document) -> Document:
        """Add the attributes `summary` and `minutes`."""
        sentences = [
            part.strip() for part in _BETWEEN_SENTENCES.split(document.body) if part.strip()
        ]
        if not sentences:
            raise Err(Problem_Unsuitable("there is no sentence to sum up"))
        counts = Counter(_words(document.body)) + Counter(_words(document.title))
        best = max(sentences, key=lambda sentence: _weight(sentence, counts))
        if len(best) > LONGEST_SUMMARY:
            log.write(log.Level.WARNING, f"{document.id}: the summary is cut")
            best = best[: LONGEST_SUMMARY - 1] + "…"
        minutes = math.ceil(len(document.body.split()) / WORDS_A_MINUTE)
        document.attributes.append(Attribute("summary", best))
        document.attributes.append(Attribute("minutes", str(minutes)))
        return document


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _weight(sentence: str, counts: Counter[str]) -> float:
    """How much a sentence holds of what is said often; long ones get no more for being long."""
    words = set(_words(sentence))
    return sum(counts[word] - 1 for word in words) / math.sqrt(len(words) + 1)
