"""Pictures of graphs: of projects, and of any composed binary from anywhere."""

from wcompose.picture.model import (
    Picture,
    PictureEdge,
    PictureNode,
    PictureOffer,
    PictureOutside,
    PictureProblem,
    Port,
)

__all__ = [
    "Picture",
    "PictureEdge",
    "PictureNode",
    "PictureOffer",
    "PictureOutside",
    "PictureProblem",
    "Port",
]
