"""Empty a pool before its servers are patched, and move its users back afterwards.

python3 evacuate_for_patching.py lyncops.toml pool1.contoso.com         the partner serves all
python3 evacuate_for_patching.py lyncops.toml pool1.contoso.com --back  all are at home again

Nothing may be lost: both are planned. The exit code is 0 where it is done, 2 where a check refuses
it, 4 where nobody knows how it ended, and 3 where it stopped.
"""

from __future__ import annotations

import argparse
import sys

import lyncops


def main() -> int:
    """Plan, show, run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="the path of lyncops.toml")
    parser.add_argument("pool", help="the pool that is to be patched")
    parser.add_argument(
        "--back", action="store_true", help="its servers are patched: bring its users home"
    )
    options = parser.parse_args()
    try:
        with lyncops.connect(options.config) as client:
            pool = lyncops.Fqdn(options.pool)
            procedure = home(pool) if options.back else away(client, pool)
            return carry_out(client, procedure)
    except lyncops.LyncOpsError as error:
        print(error, file=sys.stderr)
        return 1


def away(client: lyncops.Client, pool: lyncops.Fqdn) -> lyncops.Procedure:
    """Serve the users of both pools of the pair from the partner."""
    found = client.status().pool(pool)
    partner = None if found is None else found.backup_pool
    if not isinstance(partner, lyncops.Fqdn):
        why = partner or "there is no such pool"
        raise SystemExit(f"{pool} has no partner that its users could go to: {why}.")
    return lyncops.Evacuate(to_pool=partner, mode="planned")


def home(pool: lyncops.Fqdn) -> lyncops.Procedure:
    """Serve the users from their own pool."""
    return lyncops.PoolFailback(pool=pool, mode="planned")


def carry_out(client: lyncops.Client, procedure: lyncops.Procedure) -> int:
    """Run the plan of a procedure where no check refuses it."""
    plan = client.plan(procedure)
    print(plan)
    if plan.is_refused:
        return 2
    run = client.run(plan, reason="patches")
    print(client.report(run.run_id))
    if run.state == lyncops.RunState.UNKNOWN:
        return 4
    return 0 if run.state in ("completed", "completed_with_exceptions") else 3


if __name__ == "__main__":
    sys.exit(main())
