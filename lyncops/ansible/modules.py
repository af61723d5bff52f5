"""The modules of the collection, each with its parameters and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from lyncops.ansible import drilling, reading, resuming
from lyncops.ansible.answers import Answer
from lyncops.ansible.carrying_out import HOW, carry_out, procedure_of
from lyncops.ansible.connecting import CONNECTION
from lyncops.ansible.parameters import Parameter, of_procedure
from lyncops.ansible.task import Task
from lyncops.client import Client
from lyncops.errors import InvalidValueError
from lyncops.plan.procedures import (
    BackupServiceSet,
    BackupServiceSync,
    ConferenceRestore,
    DatabaseFailover,
    EdgeAssociation,
    EdgeFederationFailback,
    EdgeFederationFailover,
    EdgeNextHop,
    Evacuate,
    ManagementStoreFailover,
    PoolFailback,
    PoolFailover,
    Procedure,
    SiteFailback,
    SiteFailover,
    XmppFailback,
    XmppFailover,
)

Act = Callable[[Task, Client], Answer]


@attrs.frozen(slots=True, kw_only=True)
class Module:
    """One module. `own` are its parameters without those that every module has."""

    name: str
    summary: str
    own: tuple[Parameter, ...]
    act: Act
    procedures: tuple[type[Procedure], ...] = ()  # what it runs; none where it reads or resumes

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All of them, in the order in which they are shown."""
        return (*self.own, *(HOW if self.procedures else ()), *CONNECTION)

    @property
    def only_reads(self) -> bool:
        """Whether it can change nothing."""
        return self.name == "drill" or self.name.endswith("_info")


def _of(name: str, kind: type[Procedure]) -> Module:
    def act(task: Task, client: Client) -> Answer:
        return carry_out(procedure_of(kind, task.given), task, client)

    return Module(
        name=name, summary=kind.SUMMARY, own=of_procedure(kind), act=act, procedures=(kind,)
    )


def _by_state(name: str, summary: str, states: Mapping[str, type[Procedure]]) -> Module:
    """A module of two procedures; the parameter `state` says which."""

    def act(task: Task, client: Client) -> Answer:
        kind = states[task.text("state")]
        for option in kind.options():
            if option.required and not task.given.get(option.field):
                raise InvalidValueError(
                    f"{option.field} is missing: state={task.text('state')} needs it.",
                    remedy=f"Give {option.field}. {option.asked.about}",
                )
        return carry_out(procedure_of(kind, task.given), task, client)

    state = Parameter(
        name="state",
        about=tuple(f"V({word}): {kind.SUMMARY}" for word, kind in states.items()),
        required=True,
        choices=tuple(states),
    )
    own = (state, *_merged(tuple(states.values())))
    return Module(name=name, summary=summary, own=own, act=act, procedures=tuple(states.values()))


def _merged(kinds: tuple[type[Procedure], ...]) -> tuple[Parameter, ...]:
    """The parameters of all of them; required where all of them require it."""
    by_kind = [{one.name: one for one in of_procedure(kind)} for kind in kinds]
    found: dict[str, Parameter] = {}
    for parameters in by_kind:
        for name, parameter in parameters.items():
            required = all(name in each and each[name].required for each in by_kind)
            best = parameter if parameter.required else found.get(name, parameter)
            found[name] = attrs.evolve(best, required=required)
    return tuple(sorted(found.values(), key=lambda one: not one.required))


_ALL: Final = (
    Module(
        name="deployment_info",
        summary="Show sites, pools, pairs, who serves whom, the store and Edge pools.",
        own=(reading.USERS,),
        act=reading.deployment,
    ),
    Module(
        name="readiness_info",
        summary="Could every pool be failed over now: in which mode, at what loss?",
        own=(reading.POOLS, reading.USERS, reading.VERIFY),
        act=reading.readiness,
    ),
    Module(
        name="doctor_info",
        summary="Is everything that a rescue needs reachable and usable?",
        own=(),
        act=reading.doctor,
    ),
    Module(
        name="backup_service_info",
        summary="Show the Backup Service, and what would be lost with each pool now.",
        own=(reading.POOLS,),
        act=reading.backup_service,
    ),
    Module(
        name="drill",
        summary="Rehearse the loss of each pool and site on a copy of the deployment.",
        own=drilling.PARAMETERS,
        act=drilling.drill,
    ),
    Module(
        name="run_info",
        summary="Show one run with its report, or the runs of the journal.",
        own=(reading.RUN, reading.LIMIT),
        act=reading.runs,
    ),
    Module(
        name="run_resume",
        summary="Go on with a run that stopped, was cut off, or waits for a person.",
        own=resuming.PARAMETERS,
        act=resuming.resume,
    ),
    _of("pool_failover", PoolFailover),
    _of("pool_failback", PoolFailback),
    _of("pool_evacuate", Evacuate),
    _of("site_failover", SiteFailover),
    _of("site_failback", SiteFailback),
    _of("management_store_failover", ManagementStoreFailover),
    _of("database_failover", DatabaseFailover),
    _of("conference_restore", ConferenceRestore),
    _of("edge_next_hop", EdgeNextHop),
    _of("edge_association", EdgeAssociation),
    _by_state(
        "edge_federation",
        "Move federation between two Edge pools.",
        {"failed_over": EdgeFederationFailover, "failed_back": EdgeFederationFailback},
    ),
    _by_state(
        "xmpp_federation",
        "Move XMPP federation between two Edge pools.",
        {"failed_over": XmppFailover, "failed_back": XmppFailback},
    ),
    _by_state(
        "backup_service",
        "Configure the Backup Service, or copy what a pool has changed now.",
        {"configured": BackupServiceSet, "synced": BackupServiceSync},
    ),
)
MODULES: Final[Mapping[str, Module]] = MappingProxyType({each.name: each for each in _ALL})
"""Every module by its name."""
