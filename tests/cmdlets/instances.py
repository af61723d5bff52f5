"""Invented instances of every cmdlet class, for hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from hypothesis import strategies as st

from lyncops.cmdlets import Cmdlet
from lyncops.cmdlets.base import Parameter
from lyncops.cmdlets.codec import cmdlet_classes
from lyncops.cmdlets.kinds import GLOBAL_IDENTITY, IDENTITY, ORGANIZATIONAL_UNIT, STRING, USER

CLASSES = [cls for forms in cmdlet_classes().values() for cls in forms]

_QUOTES = "'\"`$\u2018\u2019\u201a\u201b\u201c\u201d;|\n ()@{}é"
TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from(_QUOTES), min_size=1).filter(
    lambda text: bool(text.strip())
)
FQDNS = st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z][a-z0-9]{0,8}){1,3}", fullmatch=True)
_NUMBERS = {
    "Int16": 2**15 - 1,
    "UInt16": 2**16 - 1,
    "Int32": 2**31 - 1,
    "UInt32": 2**32 - 1,
    "UInt64": 2**64 - 1,
    "Unlimited`1[UInt32]": 9,
}


def _values(about: Parameter) -> st.SearchStrategy[object]:
    kind = about.kind
    if kind.words:
        return st.sampled_from(kind.words)
    if kind.powershell in _NUMBERS:
        return st.integers(0, _NUMBERS[kind.powershell])
    if kind.powershell == "TimeSpan":
        return st.timedeltas(timedelta(seconds=5), timedelta(hours=3))
    if kind.powershell in ("String[]", "CertType[]"):
        return st.lists(TEXT, min_size=1, max_size=3).map(tuple)
    others: dict[str, st.SearchStrategy[object]] = {
        "SwitchParameter": st.just(value=about.name != "Confirm"),
        "Boolean": st.booleans(),
        "Byte[]": st.binary(min_size=1),
        "Guid": st.uuids().map(str),
    }
    plain = any(
        kind is one for one in (STRING, GLOBAL_IDENTITY, IDENTITY, ORGANIZATIONAL_UNIT, USER)
    )
    return others.get(kind.powershell, TEXT if plain else FQDNS)


@st.composite
def cmdlets(draw: st.DrawFn, cls: type[Cmdlet[object]] | None = None) -> Cmdlet[object]:
    """Any cmdlet (of the class), in any of its parameter sets."""
    cls = cls or draw(st.sampled_from(CLASSES))
    chosen = draw(st.sampled_from(cls.SETS)) if cls.SETS else ""
    fields: dict[str, object] = {}
    for about in cls.parameters():
        allowed = not about.sets or chosen in about.sets
        if about.mandatory or chosen in about.mandatory_in or (allowed and draw(st.booleans())):
            fields[about.field] = draw(_values(about))
    if fields.get("what_if"):
        fields.pop("force", None)
    if fields.get("steady_state"):
        fields.pop("full_backup", None)
    if not fields.get("full_backup"):
        fields.pop("failed_over_pool_only", None)
    return cast("Callable[..., Cmdlet[object]]", cls)(**fields)
