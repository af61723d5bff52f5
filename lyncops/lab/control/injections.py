"""What can be done to a running lab, by name: for `lyncops lab inject` and `Lab.inject`; described
for people in guide.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence

import attrs

from lyncops.lab.control import arguments as read
from lyncops.lab.control.arguments import InjectionError
from lyncops.lab.control.operator_actions import ACTS, Act
from lyncops.lab.control.status import show
from lyncops.lab.model import switches
from lyncops.lab.model.durations import parse_duration
from lyncops.lab.served import ServedSimulation
from lyncops.lab.wire.faults import Fault, FaultKind
from lyncops.values import Fqdn, JsonValue


class Injector:
    """Does to a simulation and its servers what was asked for by name."""

    def __init__(self, served: ServedSimulation) -> None:
        self._served = served
        self._world = served.simulation
        self._host = served.host
        self._named: Mapping[str, Callable[[Sequence[str]], JsonValue]] = {
            "crash": self._with_name(served.crash),
            "hang": self._with_name(served.hang),
            "recover": self._with_name(served.recover),
            "advance": self._advance,
            "restart": self._restart,
            "disconnect-idle": self._disconnect_idle,
            "profile": self._profile,
            "model-fault": self._model_fault,
            "switch": self._switch,
            "clear": self._clear,
            "show": self._show,
            **{name: self._by_hand(act) for name, act in ACTS.items()},
        }

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be asked for."""
        return (*self._named, *(kind.value for kind in FaultKind))

    def inject(self, name: str, arguments: Sequence[str]) -> JsonValue:
        """Do it, and say what was done.

        Raises:
            LyncOpsError: the name or an argument means nothing.
        """
        if name in self._named:
            return self._named[name](arguments)
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, 1)
            cure = f"Did you mean {near[0]}?" if near else f"Name one of: {', '.join(self.names)}."
            raise InjectionError(f"There is no fault {name!r}.", remedy=cure)
        return self._fault(FaultKind(name), arguments)

    def _with_name(self, action: Callable[[str], None]) -> Callable[[Sequence[str]], JsonValue]:
        def act(arguments: Sequence[str]) -> JsonValue:
            name = read.one(arguments, "name", "Name a machine, a pool, or site:NAME.")
            action(name)
            return {"done": name}

        return act

    def _by_hand(self, act: Act) -> Callable[[Sequence[str]], JsonValue]:
        def do(arguments: Sequence[str]) -> JsonValue:
            return {"done": act.do(self._world.outside, arguments)}

        return do

    def _advance(self, arguments: Sequence[str]) -> JsonValue:
        duration = parse_duration(read.one(arguments, "duration", "Write it as 30s, 5m or 1h."))
        self._world.clock.advance(duration)
        self._world.settle()
        return {"now": self._world.now().isoformat()}

    def _restart(self, arguments: Sequence[str]) -> JsonValue:
        machine = read.machine_or_all(arguments)
        self._host.restart(machine)
        return {"restarted": machine or "all"}

    def _disconnect_idle(self, arguments: Sequence[str]) -> JsonValue:
        return {"disconnected": self._host.disconnect_idle(read.machine_or_all(arguments))}

    def _fault(self, kind: FaultKind, arguments: Sequence[str]) -> JsonValue:
        scope = read.pairs(arguments, ("machine", "action", "cmdlet", "times", "status"))
        if "status" in scope and kind not in {FaultKind.STATUS_BEFORE, FaultKind.STATUS_AFTER}:
            raise InjectionError(
                f"{kind.value} answers no status.",
                remedy="Write it with status-before or status-after.",
            )
        machine, action, cmdlet = scope.get("machine"), scope.get("action"), scope.get("cmdlet")
        if machine is not None:
            self._host.server(machine)
        fault = Fault(
            kind=kind,
            machine=machine,
            action=None if action is None else read.action(action),
            cmdlet=None if cmdlet is None else switches.known_cmdlet(cmdlet, "cmdlet"),
            times=read.times(scope.get("times", "1")),
            status=read.status(scope.get("status", "500")),
        )
        self._host.faults.add(fault)
        return {"waiting": str(fault)}

    def _profile(self, arguments: Sequence[str]) -> JsonValue:
        wanted = read.some_pairs(arguments, ("machine", *read.PROFILE))
        machine = wanted.pop("machine", None)
        values = {name: read.PROFILE[name](text) for name, text in wanted.items()}
        for server in self._host.servers(machine):
            for name, value in values.items():
                setattr(server.profile, name, value)
        return {"profile": dict[str, JsonValue](wanted)}

    def _model_fault(self, arguments: Sequence[str]) -> JsonValue:
        values = read.some_pairs(arguments, switches.names(switches.Faults))
        for field in attrs.fields(switches.Faults):
            if field.metadata["names_of"] is switches.Names.POOLS:
                self._see_pools(values.get(field.name, ""))
        switches.assign(self._world.faults, values, "model-fault")
        return {"model-fault": dict[str, JsonValue](values)}

    def _see_pools(self, names: str) -> None:
        known = self._world.pools
        for name in filter(None, (one.strip() for one in names.split(","))):
            if Fqdn(name) not in known:
                raise InjectionError(
                    f"The lab has no pool {name}.", remedy=f"Name one of: {', '.join(known)}."
                )

    def _switch(self, arguments: Sequence[str]) -> JsonValue:
        values = read.some_pairs(arguments, switches.names(switches.Switches))
        switches.assign(self._world.switches, values, "switch")
        return {"switch": dict[str, JsonValue](values)}

    def _clear(self, arguments: Sequence[str]) -> JsonValue:
        read.none(arguments)
        self._host.faults.clear()
        return {"cleared": True}

    def _show(self, arguments: Sequence[str]) -> JsonValue:
        read.none(arguments)
        return show(self._served)
