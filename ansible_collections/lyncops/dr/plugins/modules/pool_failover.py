#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: pool_failover
short_description: Move a pool's users to its backup pool
version_added: 0.1.0
description:
  - Move a pool's users to its backup pool.
  - 'Serve the users of a pool from its backup pool. Microsoft''s guide: Failing over a pool.'
  - Plans from a fresh reading, answers the checks, runs each step once, and reads back what the
    servers show. Where it is so already, nothing is changed.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  pool:
    description:
      - The pool that first homed the users.
    type: str
    required: true
  mode:
    description:
      - Is the failing side up (planned), or gone (disaster)?
    type: str
    required: true
    choices:
      - planned
      - disaster
  accept_data_loss:
    description:
      - Accept the loss of changes that were not copied yet; required in disaster mode.
    type: bool
    default: false
  export:
    description:
      - Export configuration and locations (LIS) before a move.
    type: bool
    default: true
  export_folder:
    description:
      - The folder for the exports, on the server that writes them.
    type: str
    default: C:\Windows\Temp
  store_sql_server:
    description:
      - The SQL Server of the receiving copy of the store, if it cannot be read.
    type: str
  store_sql_instance:
    description:
      - The SQL instance of that copy.
    type: str
  store_mirror_sql_server:
    description:
      - The SQL Server of that copy's mirror, if it cannot be read.
    type: str
  store_mirror_sql_instance:
    description:
      - The SQL instance of that mirror.
    type: str
  enable_topology:
    description:
      - Run Enable-CsTopology after a change of services or sites; needed if the replicas do not
        update without it.
    type: bool
    default: false
  verify:
    description:
      - At the end, test whether the pool's test users can sign in and exchange messages.
    type: bool
    default: false
  verify_users:
    description:
      - Test as this user; give two, and they also exchange messages.
    type: list
    elements: str
  response_groups:
    description:
      - Move response groups too, by export and import.
    type: bool
    default: false
  response_groups_file:
    description:
      - Import this saved export of response groups (a path on the server).
    type: str
  next_hop:
    description:
      - 'The new next hop of Edge pools that use the failed pool (default: the backup pool).'
    type: str
attributes:
  check_mode:
    support: full
    description:
      - Answers with what would be done.
  diff_mode:
    support: full
    description:
      - Shows the deployment around the pools, before and after.
extends_documentation_fragment:
  - lyncops.dr.procedure
  - lyncops.dr.connection
"""

EXAMPLES = r"""
---
- name: Move a pool's users to its backup pool
  lyncops.dr.pool_failover:
    config: lyncops.toml
    pool: pool1.contoso.com
    mode: planned
"""

RETURN = r"""
---
plan:
  description:
    - The plan with its checks, steps, PowerShell, expected loss and estimate.
  returned: always
  type: dict
run_id:
  description:
    - The run, for M(lyncops.dr.run_resume).
  returned: a run began
  type: str
state:
  description:
    - The state of the run.
  returned: a run began
  type: str
pending:
  description:
    - 'The step that waits for a person: step_id, title, where, instructions, how_to_see.'
  returned: a step waits for a person
  type: dict
report:
  description:
    - The run with every step, attempt, evidence and exception.
  returned: a run began
  type: dict
exceptions:
  description:
    - What went other than planned without stopping the run.
  returned: a run began
  type: list
  elements: str
left_to_do:
  description:
    - What remains for a person to do, in order.
  returned: a run began
  type: list
  elements: str
text:
  description:
    - The same for people, line by line.
  returned: success
  type: list
  elements: str
failure_kind:
  description:
    - What kind of failure it is, one of wrong_use, refused, failed, unknown, paused, locked.
  returned: failure
  type: str
"""
