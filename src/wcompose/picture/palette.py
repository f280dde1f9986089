"""The colours of pictures, by theme; the stylesheets say ``var(--name)``."""

from __future__ import annotations

import re

LIGHT = {
    "paper": "#f6f7f9",
    "grid": "#dfe2e8",
    "panel": "#ffffff",
    "card": "#ffffff",
    "frame": "#ffffff",
    "line": "#d9dde5",
    "edge": "#8a93a5",
    "faint": "#c3c9d4",
    "ink": "#171b26",
    "soft": "#566074",
    "shade": "#1b2340",
    "accent": "#5b3fe0",
    "on-accent": "#ffffff",
    "bad": "#c62335",
    "on-bad": "#ffffff",
    "code": "#f3f4f8",
    "word": "#5b3fe0",
    "type": "#0b6a74",
    "name": "#8a3d05",
    "remark": "#667085",
}
DARK = {
    "paper": "#0e1118",
    "grid": "#222836",
    "panel": "#161a24",
    "card": "#1c212d",
    "frame": "#141822",
    "line": "#303747",
    "edge": "#7d879b",
    "faint": "#434b5d",
    "ink": "#eceff5",
    "soft": "#a3adbf",
    "shade": "#000000",
    "accent": "#a996ff",
    "on-accent": "#14102a",
    "bad": "#ff7782",
    "on-bad": "#2a0509",
    "code": "#10141d",
    "word": "#b3a2ff",
    "type": "#63d0db",
    "name": "#f0b37e",
    "remark": "#8d98ac",
}
LANGUAGES = {
    "Rust": ("#b4460f", "#ff9b66"),
    "Go": ("#00768f", "#53d0ea"),
    "Python": ("#2c61ad", "#7fb2ff"),
    "JavaScript": ("#7d6400", "#f0d24d"),
    "TypeScript": ("#2a6496", "#72b7f2"),
    "C": ("#4d5b70", "#b0bdd0"),
    "C++": ("#a33467", "#f58ab8"),
    "C#": ("#3e7d17", "#93d866"),
    "Zig": ("#946100", "#f7b64c"),
    "Swift": ("#c23b22", "#ff8f78"),
    "MoonBit": ("#a02a9b", "#ee8be9"),
    "WAT": ("#5b3fe0", "#a996ff"),
}
OTHER_LANGUAGE = ("#5d6678", "#aab4c5")
"""A colour in light, one in dark: dark enough, or light enough, to be read as text."""


def language_class(language: str) -> str:
    """The class of a language in the stylesheets."""
    if language not in LANGUAGES:
        return "language-other"
    return f"language-{list(LANGUAGES).index(language)}"


def language_styles(*, dark: bool, before: str = "") -> str:
    """A rule for each language, which sets ``color``; ``before`` is put in front of the selectors."""
    rows = [(language_class(name), pair) for name, pair in LANGUAGES.items()]
    rows.append((language_class(""), OTHER_LANGUAGE))
    return "\n".join(f"{before}.{name} {{ color: {pair[dark]}; }}" for name, pair in rows)


def variables(colours: dict[str, str]) -> str:
    """The colours as declarations of variables."""
    return "\n".join(f"  --{name}: {value};" for name, value in colours.items())


def fixed(style: str, colours: dict[str, str]) -> str:
    """A stylesheet with the colours in place of the variables, for viewers that know none."""
    return re.sub(r"var\(--([a-z-]+)\)", lambda match: colours[match[1]], style)
