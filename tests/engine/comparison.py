"""The same calls to the lab and to the engine, both through unmodified pypsrp, and what became of
each.

`python -m tests.engine.comparison` prints the table.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import attrs
import pypsrp.wsman
from pypsrp.complex_objects import PSInvocationState

from lyncops.lab.lab import Lab
from tests.engine.calls import CALLS, EXPLAINED, Call
from tests.engine.front import EngineServer, Setting
from tests.engine.generation import build
from tests.engine.location import engine
from tests.engine.world import Action, Handler, Problem, World, output, thing
from tests.engine.world import Call as Asked
from tests.independent.server import PASSWORD, USER
from tests.lab.support import move_next_hops
from tests.wire.stub import PowerShell, RunspacePool, Untyped

_STATES: Final = {
    PSInvocationState.COMPLETED: "Completed",
    PSInvocationState.FAILED: "Failed",
    PSInvocationState.STOPPED: "Stopped",
}
_FRONT_END: Final = "fe4.contoso.com"
_RESTRICTED: Final = (
    "@{ SchemaVersion = '2.0.0.0'; GUID = '0d6ad7c5-51f0-4f5e-8a35-0c6d4b3d5f5e'; SessionType ="
    " 'RestrictedRemoteServer'; LanguageMode = 'NoLanguage'; ModulesToImport = 'Lync';"
    " VisibleCmdlets = '*-Cs*' }\n"
)


@attrs.frozen(kw_only=True)
class Seen:
    """What a call came to.

    An error is its id, without the class of a Lync cmdlet, and its category.
    """

    state: str
    ended_by: str
    errors: tuple[str, ...]
    outputs: int
    verbose: int

    def __str__(self) -> str:
        written = ", ".join(
            f"{each} x{self.errors.count(each)}" for each in dict.fromkeys(self.errors)
        )
        parts = [self.state, f"{self.outputs} out"]
        parts += [f"by {self.ended_by}"] * bool(self.ended_by) + [f"errors: {written}"] * bool(
            written
        )
        return ", ".join([*parts, *[f"{self.verbose} verbose"] * bool(self.verbose)])


def ask(pool: Untyped, call: Call) -> Seen:
    """Send one call and wait for its end."""
    shell: Untyped = PowerShell(pool)
    if call.script:
        shell.add_script(call.script)
    for step in call.steps:
        shell.add_cmdlet(step.name)
        for name, value in step.given:
            if name is None:
                shell.add_argument(value)
            else:
                shell.add_parameter(name, value)
    shell.invoke()
    state = _STATES[shell.state]
    errors = [_named(error) for error in shell.streams.error]
    # Pypsrp puts the state's own record behind those of the stream
    ended_by = errors.pop() if state == "Failed" else ""
    verbose = len(shell.streams.verbose)
    return Seen(
        state=state,
        ended_by=ended_by,
        errors=tuple(errors),
        outputs=len(shell.output),
        verbose=verbose,
    )


def _named(error: Untyped) -> str:
    name, _, source = str(error.fq_error).partition(",")
    shown = name if source.startswith("Microsoft.Rtc.") else str(error.fq_error)
    return f"{shown} [{str(error.message).partition(':')[0]}]"


@contextmanager
def lab_pool(*, restricted: bool) -> Generator[Untyped]:
    """A session on the lab: a WinRM endpoint of Lync 2013."""
    with Lab.start("two-sites", rate=None) as lab:
        lab.world.switches.what_if_checks = False
        move_next_hops(lab.world, "pool2.contoso.com")  # or a failover is refused before it asks
        profile = lab.host.server(_FRONT_END).profile
        profile.allow_unencrypted, profile.restricted = True, restricted
        host, _, port = lab.address(_FRONT_END).partition(":")
        wsman: Untyped = pypsrp.wsman.WSMan(
            host,
            port=int(port),
            ssl=False,
            auth="basic",
            encryption="never",
            username=lab.username,
            password=lab.password,
            no_proxy=True,
        )
        with wsman, RunspacePool(wsman) as pool:
            yield _ready(pool, restricted=restricted)


@contextmanager
def engine_pool(
    pwsh: Path,
    modules: Path,
    folder: Path,
    *,
    restricted: bool,
    more: Mapping[str, Handler] | None = None,
) -> Generator[Untyped]:
    """A session on the engine with the compiled module of Lync 2013, whose cmdlets answer as many
    objects as the lab's.
    """
    with ExitStack() as stack:
        world = stack.enter_context(World({**_handlers(), **(more or {})}))
        options: tuple[str, ...] = ()
        if restricted:
            configuration = folder / "restricted.pssc"
            configuration.write_text(_RESTRICTED, encoding="utf-8")
            options = ("-ConfigurationFile", str(configuration))
        environment = {**world.environment, "PSModulePath": str(modules / "flat")}
        setting = Setting(pwsh=pwsh, home=folder / "home", options=options, environment=environment)
        server = stack.enter_context(EngineServer(folder, setting))
        wsman: Untyped = pypsrp.wsman.WSMan(
            "127.0.0.1",
            port=server.port,
            ssl=False,
            auth="ntlm",
            username=USER,
            password=PASSWORD,
            no_proxy=True,
        )
        stack.enter_context(wsman)
        pool = stack.enter_context(RunspacePool(wsman))
        yield _ready(pool, restricted=restricted)


def _ready(pool: Untyped, *, restricted: bool) -> Untyped:
    if not restricted:
        PowerShell(pool).add_cmdlet("Import-Module").add_parameter("Name", "Lync").invoke()
    return pool


def _handlers() -> dict[str, Handler]:
    """A deployment of as many things as the lab's: eight pools at two sites, three modules of the
    Backup Service.
    """

    def pools(asked: Asked) -> Iterable[Action]:
        names = [f"pool{number}.contoso.com" for number in range(1, 9)]
        kept = [
            name for name in names if not asked.text("Identity") or asked.text("Identity") == name
        ]
        for number, name in enumerate(kept):
            services = [f"Registrar:{name}", f"UserServer:{name}"]
            yield output(
                thing(
                    "Deploy.Internal.Cluster",
                    Identity=name,
                    Services=services,
                    Site=f"Site:Site{number // 4 + 1}",
                )
            )

    def status(_asked: Asked) -> Iterable[Action]:
        kind = "Hadr.BackupService.BackupModuleStatus"
        modules = [
            thing(kind, Identity=name)
            for name in (
                "UserServices.PresenceFocus",
                "ConfServices.DataConf",
                "CentralMgmt.CMSMaster",
            )
        ]
        yield output(thing("Hadr.BackupService.BackupServiceStatus", BackupModules=modules))

    def mirrors(_asked: Asked) -> Iterable[Action]:
        yield Problem(
            message="Not present.",
            error_id="GetCsDatabaseMirrorStateError",
            category="ObjectNotFound",
        ).written()

    def site(_asked: Asked) -> Iterable[Action]:
        yield Problem(
            message="Cannot find site.", error_id="GetCsSiteError", category="ObjectNotFound"
        ).thrown()

    def user(_asked: Asked) -> Iterable[Action]:
        yield Problem(
            message="Not found.", error_id="GetCsUserPoolInfoError", category="ObjectNotFound"
        ).thrown()

    return {
        "Get-CsUserPoolInfo": user,
        "Get-CsPool": pools,
        "Get-CsBackupServiceStatus": status,
        "Get-CsDatabaseMirrorState": mirrors,
        "Get-CsSite": site,
    }


@attrs.frozen(kw_only=True)
class Row:
    """One call to both."""

    call: Call
    engine: Seen
    lab: Seen

    @property
    def same(self) -> bool:
        """Whether both did the same."""
        return self.engine == self.lab

    @property
    def verdict(self) -> str:
        """The table's last column."""
        return "same" if self.same else EXPLAINED.get(str(self.call), "DIFFERENT")


def compare(pwsh: Path, modules: Path, folder: Path) -> list[Row]:
    """Send all calls to both."""
    rows: list[Row] = []
    for restricted in (False, True):
        calls = [call for call in CALLS if call.restricted is restricted]
        with engine_pool(pwsh, modules, folder, restricted=restricted) as pool:
            by_engine = [ask(pool, call) for call in calls]
        with lab_pool(restricted=restricted) as pool:
            by_lab = [ask(pool, call) for call in calls]
        rows += [
            Row(call=call, engine=one, lab=two)
            for call, one, two in zip(calls, by_engine, by_lab, strict=True)
        ]
    return rows


def table(rows: list[Row]) -> str:
    """All calls in Markdown, and how many there were."""
    lines = ["| call | engine | lab | |", "| --- | --- | --- | --- |"]
    for row in rows:
        shown = str(row.call).replace("|", "\\|")
        lines.append(
            f"| `{shown}` | {row.engine} | {'' if row.same else row.lab} | {row.verdict} |"
        )
    same = sum(row.same for row in rows)
    explained = sum(not row.same and str(row.call) in EXPLAINED for row in rows)
    counts = (
        f"{same} the same, {explained} different with the reason, {len(rows) - same - explained}"
        " not explained"
    )
    return "\n".join([*lines, "", f"{len(rows)} calls: {counts}.", ""])


def main() -> None:
    """Write the table."""
    pwsh = engine()
    if pwsh is None:
        raise SystemExit("There is no engine: set LYNCOPS_PWSH.")
    with tempfile.TemporaryDirectory(prefix="lyncops-engine-") as name:
        folder = Path(name)
        (folder / "modules").mkdir()
        sys.stdout.write(
            table(compare(pwsh, build(pwsh, folder / "modules", "2013", "Lync"), folder))
        )


if __name__ == "__main__":
    main()
