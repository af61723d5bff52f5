"""Programs as a user writes them: nothing is imported from below the top of the package.

mypy --strict and basedpyright's strict mode accept each line; `test_examples.py` asks both.
"""

from __future__ import annotations

from datetime import timedelta
from typing import assert_type

import lyncops


def every_procedure() -> tuple[lyncops.Procedure, ...]:
    """One value of each procedure, with options as they are written most often."""
    return (
        lyncops.PoolFailover(pool="pool1.contoso.com", mode="disaster", accept_data_loss=True),
        lyncops.PoolFailback(
            pool="pool1.contoso.com", mode=lyncops.Mode.PLANNED, edges=["edge1.contoso.com"]
        ),
        lyncops.Evacuate(
            to_pool=lyncops.Fqdn("pool2.contoso.com"), mode="planned", next_hop="pool2.contoso.com"
        ),
        lyncops.SiteFailover(
            site="Site1", mode="disaster", accept_data_loss=True, without=("pool3.contoso.com",)
        ),
        lyncops.SiteFailback(site=lyncops.SiteName("Site1"), mode="planned", edges=None),
        lyncops.ManagementStoreFailover(pool="pool1.contoso.com", mode="planned", export=False),
        lyncops.ConferenceRestore(pool="pool1.contoso.com"),
        lyncops.EdgeNextHop(
            edge_pool="edge1.contoso.com", next_hop="pool2.contoso.com", enable_topology=True
        ),
        lyncops.EdgeAssociation(pool="pool1.contoso.com", edge_pool="edge2.contoso.com"),
        lyncops.EdgeFederationFailover(
            edge_pool="edge1.contoso.com", other_edge="edge2.contoso.com"
        ),
        lyncops.EdgeFederationFailback(edge_pool="edge1.contoso.com", sites=["Site1", "Site2"]),
        lyncops.XmppFailover(
            edge_pool="edge1.contoso.com", domains=["contoso.com"], xmpp_host="xmpp.contoso.com"
        ),
        lyncops.XmppFailback(edge_pool="edge1.contoso.com", domains=("contoso.com",)),
        lyncops.DatabaseFailover(
            pool="pool1.contoso.com", database_type="Application", principal="mirror"
        ),
        lyncops.BackupServiceSet(
            sync_interval=timedelta(minutes=1),
            authorized_groups=["CONTOSO\\RTCUniversalServerAdmins"],
        ),
        lyncops.BackupServiceSync(pool="pool1.contoso.com", modules=["ConfServices.DataConf"]),
    )


def plans(client: lyncops.Client) -> tuple[lyncops.Plan, ...]:
    """The plan of each procedure."""
    return tuple(client.plan(procedure) for procedure in every_procedure())


class Telling:
    """An observer: it is told of each event of a run."""

    def __init__(self) -> None:
        self.told: list[lyncops.Event] = []

    def observe(self, event: lyncops.Event) -> None:
        """Keep an event."""
        self.told.append(event)


def rescue(path: str) -> lyncops.Run | None:
    """Check, plan, rehearse, run and report."""
    with lyncops.connect(path) as client:
        for check in client.check("pool1.contoso.com", mode=lyncops.Mode.DISASTER):
            print(check.check_id, check.evidence, check.remedy)
        plan = client.plan(
            lyncops.PoolFailover(pool="pool1.contoso.com", mode="disaster", accept_data_loss=True)
        )
        assert_type(plan, lyncops.Plan)
        if plan.is_refused:
            return None
        for rehearsal in client.rehearse(plan):
            assert_type(rehearsal, lyncops.Rehearsal)
        run = client.run(plan, reason="the first site is dead", observers=[Telling()])
        while run.state is lyncops.RunState.PENDING_MANUAL_STEP:
            run = client.resume(run.run_id)
        print(client.report(run.run_id).markdown())
        return run


def looks(client: lyncops.Client) -> None:
    """What a client reads, each with its type."""
    deployment = client.status()
    assert_type(deployment, lyncops.Deployment)
    if isinstance(deployment.pools, lyncops.Unread):
        print(deployment.pools.reason)
    else:
        print([pool.fqdn for pool in deployment.pools if pool.is_alive])
    assert_type(client.status(lyncops.Scope()), lyncops.Deployment)
    assert_type(client.check("pool1.contoso.com"), tuple[lyncops.CheckResult, ...])
    for check in client.check("pool1.contoso.com", mode="planned"):
        print(check.verdict, check.verdict is lyncops.Verdict.FAILED)
    assert_type(client.readiness(), lyncops.Readiness)
    assert_type(client.backup_service(), lyncops.BackupServiceReport)
    assert_type(client.doctor(), lyncops.Diagnosis)
    assert_type(client.runs(), tuple[lyncops.RunSummary, ...])
    assert_type(client.locks(), tuple[lyncops.Lock, ...])
    assert_type(client.show("20261126-1"), lyncops.Run)
    assert_type(client.report("20261126-1"), lyncops.Report)


def one_reading(client: lyncops.Client) -> None:
    """A cmdlet by itself: an outcome, or its objects."""
    from lyncops.cmdlets import GetCsPool, PoolInfo

    execution = client.run_cmdlet(GetCsPool())
    assert_type(execution, lyncops.Execution[PoolInfo])
    if execution.outcome is lyncops.Outcome.SUCCEEDED:
        print(len(execution.output))
    try:
        assert_type(execution.unwrap(), tuple[PoolInfo, ...])
    except lyncops.OutcomeUnknownError as unknown:
        print(unknown.cmdlet, unknown.remedy)
    except lyncops.CmdletError as failed:
        print(failed.endpoint, failed.what)


def users_of(client: lyncops.Client, pool: str) -> list[str]:
    """The objects of a cmdlet: a question that failed raises."""
    from lyncops.cmdlets import GetCsUser, User

    users = client.ask(GetCsUser(filter=f"RegistrarPool -eq '{pool}'"))
    assert_type(users, tuple[User, ...])
    return [user.sip_address for user in users if user.sip_address is not None]


def refused(client: lyncops.Client, plan: lyncops.Plan) -> str:
    """Every error is told by what happened and what to do."""
    try:
        client.run(plan)
    except lyncops.RunLockedError as locked:
        return locked.run_id
    except lyncops.LyncOpsError as error:
        return f"{error.what} {error.remedy}"
    return ""
