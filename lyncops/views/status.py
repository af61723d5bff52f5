"""A deployment as people read it, whole or around some pools: its topology, who serves whom, and
what could not be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from lyncops.checks.backup import not_steady
from lyncops.checks.overview import last_known, overview
from lyncops.checks.words import is_told, sentence
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.central_management import CentralManagement
from lyncops.deployment.model import Deployment, EdgePool, Pool
from lyncops.runs.model import RunSummary
from lyncops.values import Fqdn, Unread
from lyncops.views.blocks import Block, Heading, Table, Text, Tone
from lyncops.views.plan import TONES

_UNREAD = Text("not read", Tone.CAREFUL)


def status_blocks(
    deployment: Deployment, *, open_runs: Sequence[RunSummary] = ()
) -> Iterator[Block]:
    """What deserves attention, then the whole picture; what could not be read at its end."""
    yield from attention_blocks(deployment, open_runs=open_runs)
    yield from detail_blocks(deployment)


def attention_blocks(
    deployment: Deployment, *, open_runs: Sequence[RunSummary] = ()
) -> Iterator[Block]:
    """Whose reading it is, and what deserves attention."""
    product = deployment.product or "unknown version"
    yield Heading(
        f"{deployment.name}: {product}, read {deployment.read_at:%Y-%m-%d %H:%M:%S %Z} through"
        f" {deployment.read_through}"
    )
    yield from _overview(deployment)
    yield from _open_runs(open_runs)
    if deployment.from_local_store:
        because = f": {sentence(deployment.store_silence)}" if deployment.store_silence else "."
        yield Text(
            "The topology comes from the local store of that server, not from the Central"
            f" Management store{because}",
            Tone.CAREFUL,
        )


def detail_blocks(deployment: Deployment) -> Iterator[Block]:
    """The whole picture as tables; what could not be read at its end."""
    yield from chain(
        _sites(deployment),
        _pools(deployment, deployment.front_end_pools),
        _store(deployment.central_management),
        _edges(() if isinstance(deployment.edges, Unread) else deployment.edges),
    )
    if deployment.unread:
        yield Heading("What could not be read")
        yield from (Text(str(unread), Tone.CAREFUL) for unread in deployment.unread)


def topology_blocks(deployment: Deployment, pools: Collection[Fqdn]) -> Iterator[Block]:
    """What the operator must see of the topology before something is done to these pools: they, the
    store, their Edge pools.

    Where an Edge pool is among them, the sites with their routes too.
    """
    known = () if isinstance(deployment.edges, Unread) else deployment.edges
    edges = [edge for edge in known if edge.fqdn in pools or edge.next_hop in pools]
    yield Heading(
        f"Topology of {deployment.name}, read {deployment.read_at:%H:%M:%S %Z} through"
        f" {deployment.read_through}"
    )
    if any(edge.fqdn in pools for edge in edges):
        yield from _sites(deployment)
    yield from _pools(
        deployment, [pool for pool in deployment.front_end_pools if pool.fqdn in pools]
    )
    yield from chain(_store(deployment.central_management), _edges(edges))
    if deployment.unread:
        yield Text(
            f"Could not be read: {len(deployment.unread)}. `lyncops status` lists them.",
            Tone.CAREFUL,
        )


def _overview(deployment: Deployment) -> Iterator[Block]:
    found = overview(deployment).found
    if not found:
        yield Text("Every pool serves its own users, and everything follows the store.", Tone.GOOD)
    yield from (Text(one.what, TONES[one.verdict]) for one in found)


def _open_runs(runs: Sequence[RunSummary]) -> Iterator[Block]:
    for run in runs:
        state = run.state.value.replace("_", " ") if run.state else "cannot be read"
        yield Text(f"Open run {run.run_id}: {run.procedure} {run.target}, {state}.", Tone.CAREFUL)
        yield Text(f"lyncops resume {run.run_id}", indent=4, verbatim=True)


def _sites(deployment: Deployment) -> Iterator[Block]:
    if isinstance(deployment.sites, Unread):
        return
    yield Heading("Sites")
    yield Table(
        ("site", "federation route", "XMPP federation route"),
        tuple(
            (site.name, _or_dash(site.federation_route), _or_dash(site.xmpp_federation_route))
            for site in deployment.sites
        ),
    )


def _pools(deployment: Deployment, pools: Collection[Pool]) -> Iterator[Block]:
    if not pools:
        return
    yield Heading("Front End pools")
    yield Table(
        (
            "pool",
            "site",
            "kind",
            "version",
            "state",
            "machines up",
            "users homed",
            "backup pool",
            "Backup Service",
        ),
        tuple(
            (
                pool.fqdn,
                _or_unread(pool.site),
                pool.kind.value,
                _UNREAD if isinstance(pool.version, Unread) else pool.version.value,
                _state(pool),
                _machines(pool),
                _or_unread(pool.users),
                _or_unread(pool.backup_pool),
                _backup_service(deployment, pool),
            )
            for pool in pools
        ),
    )
    yield from _modules(deployment, pools)


def _state(pool: Pool) -> Text:
    if isinstance(pool.state, Unread):
        return _UNREAD
    if last_known(pool):
        return Text(f"{pool.state.value} (last known)", Tone.FAINT)
    return Text(pool.state.value, Tone.GOOD if pool.state.is_home else Tone.BAD)


def _machines(pool: Pool) -> Text:
    up, known = len(pool.machines_up), len(pool.machines)
    if known and not any(is_told(machine) for machine in pool.machines):
        return _UNREAD
    return Text(f"{up} of {known}", Tone.GOOD if up == known else Tone.CAREFUL if up else Tone.BAD)


def _backup_service(deployment: Deployment, pool: Pool) -> Text:
    """A cell of one line: what is not steady is named below the table."""
    if isinstance(pool.backup_modules, Unread):
        return _UNREAD
    if not pool.backup_modules:
        return Text("-")
    loud = not_steady(deployment, pool)
    if not loud:
        return Text("steady", Tone.GOOD)
    return Text(f"{len(loud)} of {len(pool.backup_modules)} not steady", _tone_of(loud))


def _modules(deployment: Deployment, pools: Iterable[Pool]) -> Iterator[Block]:
    for pool in pools:
        loud = not_steady(deployment, pool)
        if loud:
            yield Text(f"Backup Service of {pool.fqdn}: not steady", _tone_of(loud))
        for module in loud:
            yield Text(f"{module.name} {module.export}/{module.import_}", indent=4)


def _tone_of(loud: Iterable[BackupModule]) -> Tone:
    broken = any(
        module.export is ExportState.ERROR or module.import_ is ImportState.ERROR for module in loud
    )
    return Tone.BAD if broken else Tone.CAREFUL


def _store(store: CentralManagement) -> Iterator[Block]:
    yield Heading("Central Management store")
    active = Tone.GOOD if len(store.active_copies) == 1 else Tone.BAD
    if not isinstance(store.copies, Unread):
        yield Table(
            ("copy on", "active", "version"),
            tuple(
                (
                    copy.pool,
                    (
                        _UNREAD
                        if isinstance(copy.active, Unread)
                        else Text("yes", active)
                        if copy.active
                        else "no"
                    ),
                    _UNREAD if isinstance(copy.version, Unread) else copy.version.value,
                )
                for copy in store.copies
            ),
        )
    yield Text(f"active master: {_told(store.active_master)}")
    yield Text(f"file transfer agents: {_told(store.file_transfer_agents)}")
    if isinstance(store.replicas, Unread):
        yield Text("replicas: not read", Tone.CAREFUL)
    else:
        behind = [replica.computer for replica in store.replicas if not replica.up_to_date]
        known = len(store.replicas)
        summary = (
            f"replicas: {known - len(behind)} of {known} up to date"
            if known
            else "replicas: none listed"
        )
        yield Text(
            f"{summary}; behind: {', '.join(behind)}" if behind else summary,
            Tone.CAREFUL if behind else Tone.PLAIN,
        )


def _told(names: str | tuple[str, ...] | Unread | None) -> str:
    match names:
        case Unread():
            return "not read"
        case tuple():
            return ", ".join(names) or "none"
        case _:
            return names or "none"


def _edges(edges: Collection[EdgePool]) -> Iterator[Block]:
    if not edges:
        return
    yield Heading("Edge pools")
    yield Table(
        ("Edge pool", "next hop", "federation"),
        tuple(
            (edge.fqdn, _or_dash(edge.next_hop), "enabled" if edge.has_federation else "-")
            for edge in edges
        ),
    )


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _or_unread(value: object) -> Text | str:
    match value:
        case Unread(asked=False):
            return "-"
        case Unread():
            return _UNREAD
        case int():
            return f"{value:,}"
        case _:
            return _or_dash(value)
