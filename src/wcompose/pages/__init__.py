"""Contracts as pages for people: one HTML file or one Markdown file."""

from wcompose.pages.html import to_html
from wcompose.pages.markdown import to_markdown
from wcompose.pages.outline import Page, outline

__all__ = ["Page", "outline", "to_html", "to_markdown"]
