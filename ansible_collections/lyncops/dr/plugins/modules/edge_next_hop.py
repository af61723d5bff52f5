#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: edge_next_hop
short_description: Set another Front End pool as the next hop of an Edge pool
version_added: 0.1.0
description:
  - Set another Front End pool as the next hop of an Edge pool.
  - 'Set another Front End pool as the next hop of an Edge pool. Microsoft''s guide: Failing over
    a pool, step 1.'
  - Plans from a fresh reading, answers the checks, runs each step once, and reads back what the
    servers show. Where it is so already, nothing is changed.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  edge_pool:
    description:
      - The Edge pool.
    type: str
    required: true
  next_hop:
    description:
      - The pool that is its next hop afterwards.
    type: str
    required: true
  enable_topology:
    description:
      - Run Enable-CsTopology after a change of services or sites; needed if the replicas do not
        update without it.
    type: bool
    default: false
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
- name: Set another Front End pool as the next hop of an Edge pool
  lyncops.dr.edge_next_hop:
    config: lyncops.toml
    edge_pool: edge1.contoso.com
    next_hop: pool2.contoso.com
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
