"""A sink that records, and a short way to run a cmdlet on a world."""

from __future__ import annotations

from typing import Final

import attrs

from lyncops.lab.interface import (
    Argument,
    Caller,
    ErrorDetail,
    Invocation,
    Session,
    TerminatingError,
)
from lyncops.lab.simulation import Simulation
from lyncops.values import RemoteEnum, RemoteObject

P1: Final = "pool1.contoso.com"
P2: Final = "pool2.contoso.com"
FE1: Final = "fe1.contoso.com"
FE4: Final = "fe4.contoso.com"
EDGE1: Final = "edge1.contoso.com"
MODULES: Final = ("Lync", "SkypeForBusiness")


@attrs.define
class Ran:
    """What a cmdlet wrote."""

    items: list[object] = attrs.field(factory=list[object])
    errors: list[ErrorDetail] = attrs.field(factory=list[ErrorDetail])
    warnings: list[str] = attrs.field(factory=list[str])
    verbose_lines: list[str] = attrs.field(factory=list[str])
    informations: list[str] = attrs.field(factory=list[str])
    percents: list[int] = attrs.field(factory=list[int])
    terminating: ErrorDetail | None = None

    @property
    def succeeded(self) -> bool:
        return self.terminating is None and not self.errors

    @property
    def message(self) -> str:
        return self.terminating.message if self.terminating is not None else ""

    @property
    def objects(self) -> list[RemoteObject]:
        return [item for item in self.items if isinstance(item, RemoteObject)]

    @property
    def one(self) -> RemoteObject:
        (item,) = self.objects
        return item

    def column(self, name: str) -> list[object]:
        return [plain(item.get(name)) for item in self.objects]

    def output(self, item: object) -> None:
        self.items.append(item)

    def error(self, detail: ErrorDetail) -> None:
        self.errors.append(detail)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def verbose(self, text: str) -> None:
        self.verbose_lines.append(text)

    def debug(self, text: str) -> None:
        raise AssertionError(text)

    def information(self, text: str) -> None:
        self.informations.append(text)

    def progress(self, activity: str, status: str, percent: int) -> None:
        assert activity
        assert status
        self.percents.append(percent)


def plain(value: object) -> object:
    return str(value) if isinstance(value, RemoteEnum) else value


def new_session(world: Simulation, caller: Caller | None = None, *modules: str) -> Session:
    """A session of a caller, or of the administrator with a token that other machines take too."""
    return Session(caller or attrs.evolve(world.caller, delegated=True), set(modules or MODULES))


def run_in(
    session: Session,
    world: Simulation,
    machine: str,
    name: str,
    /,
    *positional: object,
    **named: object,
) -> Ran:
    ran = Ran()
    arguments = tuple(Argument(None, p) for p in positional) + tuple(
        Argument(n, v) for n, v in named.items()
    )
    try:
        world.machine(machine).run((Invocation(name, arguments),), session, ran)
    except TerminatingError as error:
        ran.terminating = error.detail
    return ran


def run(world: Simulation, machine: str, name: str, /, *positional: object, **named: object) -> Ran:
    return run_in(new_session(world), world, machine, name, *positional, **named)


def fail_over(world: Simulation, pool: str, machine: str = FE4, /, **named: object) -> Ran:
    return run(world, machine, "Invoke-CsPoolFailOver", PoolFqdn=pool, Confirm=False, **named)


def fail_back(world: Simulation, pool: str, machine: str = FE4, /, **named: object) -> Ran:
    return run(world, machine, "Invoke-CsPoolFailBack", PoolFqdn=pool, Confirm=False, **named)


def move_next_hops(world: Simulation, to: str, machine: str = FE4) -> None:
    """Make every Edge pool talk to one pool, so that the other can be failed over."""
    for edge in ("edge1.contoso.com", "edge2.contoso.com"):
        assert run(
            world,
            machine,
            "Set-CsEdgeServer",
            Identity=f"EdgeServer:{edge}",
            Registrar=f"Registrar:{to}",
        ).succeeded


def move_store(world: Simulation, machine: str, /, **named: object) -> Ran:
    return run(world, machine, "Invoke-CsManagementServerFailover", Confirm=False, **named)


def pool_state(world: Simulation, pool: str, machine: str = FE4) -> object:
    ran = run(world, machine, "Get-CsRegistrarConfiguration", Identity=f"Service:Registrar:{pool}")
    return plain(ran.one.get("PoolState"))
