#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: management_store_failover
short_description: Move the Central Management store to the backup pool of its pool
version_added: 0.1.0
description:
  - Move the Central Management store to the backup pool of its pool.
  - 'Move the Central Management store from the pool that holds it to that pool''s backup pool.
    Microsoft''s guide: Failing over a pool, steps 2 to 5.'
  - Plans from a fresh reading, answers the checks, runs each step once, and reads back what the
    servers show. Where it is so already, nothing is changed.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  pool:
    description:
      - The pool that holds the store now.
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
  to:
    description:
      - The pool that the store is installed on (by hand) if it has no standby copy.
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
- name: Move the Central Management store to the backup pool of its pool
  lyncops.dr.management_store_failover:
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
