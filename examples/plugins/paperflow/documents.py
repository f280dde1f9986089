"""Documents as tenants send them: JSON, held to the contract's record before a plugin sees it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from paperflow.contract import Attribute, Document
from wcompose.report import Finding, Place


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Attribute(_Table):
    name: str
    value: str


class _Document(_Table):
    id: Annotated[str, Field(min_length=1, max_length=200)]
    title: str
    body: str
    tags: list[str] = []
    attributes: list[_Attribute] = []


def parse_document(data: bytes) -> Document | list[Finding]:
    """The document that a JSON text is, or everything that is wrong with it."""
    try:
        told = _Document.model_validate_json(data)
    except ValidationError as error:
        return [
            Finding(
                "document-malformed",
                each["msg"][:1].lower() + each["msg"][1:],
                Place(item=".".join(map(str, each["loc"]))),
            )
            for each in error.errors(include_url=False, include_input=False)[:20]
        ]
    attributes = [Attribute(each.name, each.value) for each in told.attributes]
    return Document(told.id, told.title, told.body, told.tags, attributes)


def to_json(document: Document) -> dict[str, Any]:
    """A document as JSON values."""
    return asdict(document)


def size_of(document: Document) -> int:
    """Characters of a document, more or less, with something for each of its parts."""
    attributes = sum(len(each.name) + len(each.value) + 16 for each in document.attributes)
    tags = sum(len(each) + 16 for each in document.tags)
    return len(document.id) + len(document.title) + len(document.body) + tags + attributes
