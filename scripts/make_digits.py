"""Write the held-out digits as plain files: `data/digits-heldout.csv` and `data/digits-sample.json`.

    python scripts/make_digits.py

Needs the extra `train` (scikit-learn ships the images).
"""

from __future__ import annotations

import json
from pathlib import Path

from digits import split_digits

DATA = Path(__file__).resolve().parent.parent / "data"
SAMPLES = 5


def main() -> None:
    """Write both files."""
    _, _, pixels, labels = split_digits()
    DATA.mkdir(exist_ok=True)
    header = ",".join([*(f"p{index}" for index in range(64)), "label"])
    rows = [",".join(map(str, [*row, label])) for row, label in zip(pixels, labels, strict=True)]
    (DATA / "digits-heldout.csv").write_text("\n".join([header, *rows]) + "\n")
    images = [
        {"width": 8, "height": 8, "pixels": [int(value) for value in row]}
        for row in pixels[:SAMPLES]
    ]
    text = json.dumps({"images": images}, separators=(",", ":"))
    (DATA / "digits-sample.json").write_text(text + "\n")
    print(f"{len(rows)} held-out digits, {SAMPLES} of them as JSON, in {DATA}")


if __name__ == "__main__":
    main()
