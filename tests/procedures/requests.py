"""Any procedure with any of its options, as a hypothesis strategy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from hypothesis import strategies as st

from lyncops.cmdlets import BackupModule, DatabaseNameType, MirrorRole
from lyncops.plan.procedures import PROCEDURES, EdgeNextHop, Procedure
from lyncops.values import Fqdn
from tests.deployments import EDGE1, EDGE2, P1, P2


@st.composite
def requests(draw: st.DrawFn, name: str) -> Procedure:
    """A procedure with any of its options; what is named in it need not exist."""
    kind = PROCEDURES[name]
    pool = st.sampled_from([P1, P2])
    edge = st.sampled_from([EDGE1, EDGE2])
    values: dict[str, st.SearchStrategy[object]] = {
        "mode": st.sampled_from(kind.MODES) if kind.MODES else st.none(),
        "accept_data_loss": st.booleans(),
        "next_hop": pool if kind is EdgeNextHop else st.none() | pool,
        "other_edge": st.none() | edge,
        "edges": st.none() | st.lists(edge, unique=True),
        "domains": st.just((Fqdn("contoso.com"),)),
        "sync_interval": st.timedeltas(timedelta(seconds=5), timedelta(hours=3)),
        "modules": st.lists(st.sampled_from(BackupModule), max_size=2),
        "principal": st.none() | st.sampled_from(MirrorRole),
        "database_type": st.sampled_from(DatabaseNameType),
        "store_sql_server": st.none() | st.just(Fqdn("sql.contoso.com")),
        "response_groups_file": st.sampled_from(["", r"C:\groups.zip"]),
        "export": st.booleans(),
        "enable_topology": st.booleans(),
    }
    if kind.NAME == "edge-association":
        values["edge_pool"] = edge
    options = kind.options()
    given_ = {o.field: draw(values[o.field]) for o in options if o.field in values}
    target = edge if "EDGE" in options[0].asked.name else pool
    named = {o.field: draw(target) for o in options if o.asked.is_target}
    return kind(**cast("dict[str, Any]", {**given_, **named}))
