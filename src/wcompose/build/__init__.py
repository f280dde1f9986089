"""From project to composition."""

from wcompose.build.pipeline import BuildResult, build_project, draft_project

__all__ = ["BuildResult", "build_project", "draft_project"]
