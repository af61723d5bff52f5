"""A deployment as JSON and back: field names are stable, what could not be read is `{"unread": ...,
"reason": ...}`.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import types
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, cast, get_args, get_origin

from lyncops.deployment.backup_module import ExportState, ImportState
from lyncops.deployment.model import Deployment
from lyncops.deployment.topology_file import deployment_of_document
from lyncops.errors import InvalidValueError
from lyncops.values import Fqdn, ServiceId, SiteName, Unread

if TYPE_CHECKING:
    from cattrs import Converter

FORMAT = "lyncops-deployment/2"
_BESIDE = frozenset({"format", "verdict", "open_runs"})  # `status --json` says these too
_OLD = "lyncops-deployment/1"  # one Edge pool for media per pool, in place of one per service


def deployment_to_dict(deployment: Deployment) -> dict[str, object]:
    """The deployment as values that JSON knows; `format` says how to read it."""
    return {"format": FORMAT, **cast("dict[str, object]", _converter().unstructure(deployment))}


def deployment_to_json(deployment: Deployment) -> str:
    """The deployment as JSON text."""
    return json.dumps(deployment_to_dict(deployment), indent=2)


def deployment_from_dict(data: object) -> Deployment:
    """The deployment that `deployment_to_dict` wrote.

    Raises:
        InvalidValueError: it is not a deployment, or one of a format that this version does not
            know.
    """
    fields = cast("dict[str, object]", data) if isinstance(data, dict) else dict[str, object]()
    if fields.get("format") == _OLD:
        fields = {**fields, "format": FORMAT, "pools": _with_media_edges(fields.get("pools"))}
    if fields.get("format") != FORMAT:
        raise InvalidValueError(
            f"This is not a deployment in the format {FORMAT}.",
            remedy="Write it again with `lyncops --json status`.",
        )
    try:
        return _converter().structure(
            {name: value for name, value in fields.items() if name not in _BESIDE}, Deployment
        )
    except (ValueError, TypeError, KeyError, ExceptionGroup) as error:
        raise InvalidValueError(
            f"The deployment cannot be read: {error}",
            remedy="Write it again with `lyncops --json status`.",
        ) from error


def _with_media_edges(pools: object) -> object:
    if not isinstance(pools, list):
        return pools
    read = [
        dict(cast("dict[str, object]", pool))
        for pool in cast("list[object]", pools)
        if isinstance(pool, dict)
    ]
    for pool in read:
        edge = pool.pop("media_edge", None)
        pool["media_edges"] = (
            [{"service": f"Registrar:{pool.get('fqdn')}", "edge": edge}] if edge else []
        )
    return read


def deployment_from_json(text: str) -> Deployment:
    """The deployment that `deployment_to_json` wrote.

    Raises:
        InvalidValueError: as `deployment_from_dict`, or the text is not JSON.
    """
    try:
        return deployment_from_dict(json.loads(text))
    except json.JSONDecodeError as error:
        raise InvalidValueError(
            f"The deployment is not JSON: {error}",
            remedy="Write it again with `lyncops --json status`.",
        ) from error


def load_snapshot(path: str | os.PathLike[str]) -> Deployment:
    """The deployment in a file that `lyncops snapshot` or `lyncops --json status` wrote, or that of
    a topology document (`Get-CsTopology -AsXml`), which has the topology alone and no time: that of
    the file is taken.

    Raises:
        InvalidValueError: it cannot be read, or is not a deployment.
    """
    file = Path(path)
    try:
        text = _decoded(file.read_bytes())
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is neither UTF-8 nor UTF-16 text"
        raise InvalidValueError(
            f"The snapshot {os.fspath(path)} cannot be read: {reason}.",
            remedy="Write one with: lyncops snapshot --out FILE.",
        ) from error
    if text.lstrip().startswith("<"):
        return deployment_of_document(text, name=file.stem, read_at=changed.replace(microsecond=0))
    return deployment_from_json(text)


def _decoded(content: bytes) -> str:
    """Text in UTF-8, or in UTF-16 with its mark, as Windows PowerShell redirects it."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig")


def snapshot_id(deployment: Deployment) -> str:
    """A hash of everything in a snapshot, its time too: an altered file has another."""
    text = json.dumps(deployment_to_dict(deployment), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(
        Unread,
        lambda unread: {"unread": unread.what, "reason": unread.reason, "asked": unread.asked},
    )
    converter.register_structure_hook(
        Unread, lambda data, _: Unread(data["unread"], data["reason"], data["asked"])
    )
    for text in (Fqdn, SiteName):
        converter.register_unstructure_hook(text, str)
        converter.register_structure_hook(text, lambda data, kind: kind(data))
    converter.register_unstructure_hook(ServiceId, str)
    converter.register_structure_hook(ServiceId, lambda data, _: ServiceId.parse(data))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda data, _: datetime.fromisoformat(data))
    converter.register_unstructure_hook(timedelta, timedelta.total_seconds)
    converter.register_structure_hook(timedelta, lambda data, _: timedelta(seconds=data))
    converter.register_structure_hook_func(
        _is_union, lambda data, kind: _structure_union(converter, data, kind)
    )
    converter.register_unstructure_hook_func(_is_union, converter.unstructure)
    return converter


def _is_union(kind: object) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _structure_union(converter: Converter, data: object, kind: object) -> object:
    """A union of this model: None, Unread, a state or its text, or one other type."""
    others: list[Any] = [
        member for member in get_args(kind) if member not in (Unread, types.NoneType)
    ]
    if data is None:
        return None
    if isinstance(data, dict) and "unread" in cast("dict[str, object]", data):
        return converter.structure(data, Unread)
    for state in (ExportState, ImportState):
        if state in others:
            text = cast("str", data)
            return {known.value: known for known in state}.get(text, text)
    return converter.structure(data, others[0])
