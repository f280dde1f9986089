"""The host over HTTP."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from paperflow.documents import parse_document, to_json
from paperflow.host import Host
from paperflow.manifest import Manifest, PluginId, parse_manifest
from paperflow.plugin import Faulted, Rejected, Suspended
from paperflow.sealing import Refused
from paperflow.settings import matches
from paperflow.tenant import AlreadyThere, State, Tenant, too_large
from wcompose.errors import Full
from wcompose.report import Finding

Endpoint = Callable[[Request], Awaitable[Response]]


class Answer(Exception):
    """Ends a request with an answer other than 200."""

    def __init__(self, status: int, error: str, **more: Any) -> None:
        super().__init__(error)
        self.status = status
        self.content = {"error": error, **more}


def make_app(host: Host) -> Starlette:
    """The application; its host runs while it does."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with host.running():
            yield

    plugin = "/tenants/{tenant}/plugins/{name}/{version}"
    return Starlette(
        lifespan=lifespan,
        exception_handlers={Answer: _answer},
        routes=[
            Route("/health", _with(host, _health)),
            Route("/look", _of_operator(host, _look), methods=["POST"]),
            Route("/tenants/{tenant}/documents", _of_tenant(host, _post), methods=["POST"]),
            Route("/tenants/{tenant}/usage", _of_tenant(host, _usage)),
            Route("/tenants/{tenant}/log", _of_tenant(host, _log)),
            Route("/tenants/{tenant}/plugins", _of_tenant(host, _plugins)),
            Route(plugin, _of_tenant(host, _plugin)),
            Route(plugin, _of_tenant(host, _install), methods=["PUT"]),
            Route(plugin, _of_tenant(host, _remove), methods=["DELETE"]),
            Route(f"{plugin}/resume", _of_tenant(host, _resume), methods=["POST"]),
        ],
    )


def _with(host: Host, action: Callable[[Host, Request], Awaitable[Response]]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await action(host, request)

    return endpoint


def _of_operator(host: Host, action: Callable[[Host, Request], Awaitable[Response]]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        _check_token(request, host.settings.operator)
        return await action(host, request)

    return endpoint


def _of_tenant(
    host: Host, action: Callable[[Host, Tenant, Request], Awaitable[Response]]
) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        name = request.path_params["tenant"]
        settings = host.settings.tenants.get(name)
        # A tenant that does not exist is told from one with another token by nobody.
        _check_token(request, settings.token if settings else "")
        return await action(host, host.tenants[name], request)

    return endpoint


def _check_token(request: Request, digest: str) -> None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not matches(token, digest):
        raise Answer(401, "the token is missing or wrong")


async def _answer(_: Request, error: Exception) -> Response:
    if not isinstance(error, Answer):
        raise TypeError(error)
    headers = {429: {"Retry-After": "1"}, 401: {"WWW-Authenticate": "Bearer"}}.get(error.status)
    return JSONResponse(error.content, error.status, headers)


async def _health(host: Host, _: Request) -> Response:
    chains = [each.chain for each in host.tenants.values()]
    suspended = sum(plugin.is_suspended for chain in chains for plugin in chain)
    return JSONResponse(
        {
            "status": "degraded" if suspended else "ok",
            "tenants": len(chains),
            "plugins": sum(map(len, chains)),
            "suspended": suspended,
        }
    )


async def _look(host: Host, _: Request) -> Response:
    await host.look()
    return Response(status_code=204)


async def _post(_: Host, tenant: Tenant, request: Request) -> Response:
    document = parse_document(await _read(request, tenant.plan.document))
    if isinstance(document, list):
        raise Answer(400, "this is not a document", findings=_findings(document))
    try:
        passed, chain = await tenant.pass_through(document)
    except Rejected as rejection:
        raise Answer(
            422,
            "a plugin does not let the document pass",
            plugin=str(rejection.plugin),
            problem={rejection.problem.case: rejection.problem.value},
        ) from None
    except Faulted as faulted:
        raise Answer(
            502,
            "a plugin failed",
            plugin=str(faulted.plugin),
            fault=type(faulted.fault).__name__,
            # Their hints are for whoever runs this service.
            findings=_findings(replace(each, hint="") for each in faulted.fault.findings),
        ) from None
    except Suspended as suspended:
        raise Answer(
            503, "a plugin failed too often and is suspended", plugin=str(suspended.plugin)
        ) from None
    except Full:
        raise Answer(429, "too many documents at once") from None
    return JSONResponse({"document": to_json(passed), "passed": [str(each.id) for each in chain]})


async def _usage(_: Host, tenant: Tenant, __: Request) -> Response:
    used = {name: vars(each) for name, each in sorted(tenant.usage.items())}
    sums = {
        key: sum(each[key] for each in used.values())
        for key in ("calls", "seconds", "fuel", "output", "faults")
    }
    store = {"bytes": tenant.services.store.used, "limit": tenant.plan.store}
    return JSONResponse(
        {
            "documents": tenant.documents,
            "under_way": tenant.under_way,
            **sums,
            "store": store,
            "plugins": used,
        }
    )


async def _log(_: Host, tenant: Tenant, __: Request) -> Response:
    return JSONResponse({"lines": [asdict(each) for each in tenant.services.log.lines]})


async def _plugins(_: Host, tenant: Tenant, __: Request) -> Response:
    return JSONResponse(
        {
            "chain": [str(each.id) for each in tenant.chain],
            "plugins": [_state(each) for each in tenant.states],
        }
    )


async def _plugin(_: Host, tenant: Tenant, request: Request) -> Response:
    plugin_id = _plugin_id(request)
    for state in tenant.states:
        if state.id == plugin_id:
            return JSONResponse(_state(state))
    raise Answer(404, "there is no such plugin")


async def _install(host: Host, tenant: Tenant, request: Request) -> Response:
    plugin_id = _plugin_id(request)
    manifest = _manifest(request)
    upload = host.uploads / f"{secrets.token_hex(16)}.wasm"
    try:
        await _receive(request, upload, tenant.plan.upload)
        state, is_new = await tenant.install(plugin_id, upload, manifest)
    except Refused as refusal:
        raise Answer(422, "the plugin is refused", findings=_findings(refusal.findings)) from None
    except AlreadyThere:
        raise Answer(409, f"there is another `{plugin_id}`; versions do not change") from None
    finally:
        upload.unlink(missing_ok=True)
    return JSONResponse(_state(state), 201 if is_new else 200)


async def _remove(_: Host, tenant: Tenant, request: Request) -> Response:
    if not await tenant.remove(_plugin_id(request)):
        raise Answer(404, "there is no such plugin")
    return Response(status_code=204)


async def _resume(_: Host, tenant: Tenant, request: Request) -> Response:
    plugin_id = _plugin_id(request)
    for plugin in tenant.chain:
        if plugin.id == plugin_id:
            plugin.resume()
            return Response(status_code=204)
    raise Answer(404, "there is no such plugin in the chain")


def _plugin_id(request: Request) -> PluginId:
    plugin_id = PluginId.of(request.path_params["name"], request.path_params["version"])
    if plugin_id is None:
        raise Answer(400, "a plugin has a name such as `redact`, and a version such as `1.4.0`")
    return plugin_id


def _manifest(request: Request) -> Manifest:
    """What an upload asks for, in its query; `variable=NAME=VALUE` as often as needed."""
    asked: dict[str, Any] = {}
    variables = {}
    for key, value in request.query_params.multi_items():
        if key == "variable":
            name, _, text = value.partition("=")
            variables[name] = text
        else:
            asked[key] = value
    if variables:
        asked["variables"] = variables
    manifest = parse_manifest(asked)
    if not isinstance(manifest, Manifest):
        raise Answer(400, "what the plugin asks for makes no sense", findings=_findings(manifest))
    return manifest


async def _receive(request: Request, file: Path, limit: int) -> None:
    size = 0
    with file.open("xb") as stream:
        async for block in request.stream():
            size += len(block)
            if size > limit:
                raise Answer(413, "the plugin is refused", findings=_findings([too_large(limit)]))
            stream.write(block)


async def _read(request: Request, limit: int) -> bytes:
    data = bytearray()
    async for block in request.stream():
        data += block
        if len(data) > limit:
            raise Answer(413, f"the document has more than {limit:,} bytes")
    return bytes(data)


def _state(state: State) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": state.id.name,
        "version": str(state.id.version),
        "state": state.state,
    }
    if state.description:
        told["description"] = state.description
    if state.findings:
        told["findings"] = _findings(state.findings)
    return told


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "rule": each.rule,
            "message": each.message,
            "place": str(each.place) if each.place.file else "",
            "item": each.place.item,
            "causes": list(each.causes),
            "hint": each.hint,
        }
        for each in findings
    ]
