#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: edge_federation
short_description: Move federation between two Edge pools
version_added: 0.1.0
description:
  - Move federation between two Edge pools.
  - 'Move federation to another Edge pool. Microsoft''s guide: Failing over the Edge pool used
    for Lync Server federation.'
  - 'Move federation back to the Edge pool that originally had it. Microsoft''s guide: Failing
    back the Edge pool used for Lync Server federation or XMPP federation.'
  - Plans from a fresh reading, answers the checks, runs each step once, and reads back what the
    servers show. Where it is so already, nothing is changed.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  state:
    description:
      - 'V(failed_over): Move federation to another Edge pool.'
      - 'V(failed_back): Move federation back to the Edge pool that originally had it.'
    type: str
    required: true
    choices:
      - failed_over
      - failed_back
  edge_pool:
    description:
      - The Edge pool that originally had it, for failover and failback alike.
    type: str
    required: true
  enable_topology:
    description:
      - Run Enable-CsTopology after a change of services or sites; needed if the replicas do not
        update without it.
    type: bool
    default: false
  other_edge:
    description:
      - The other Edge pool, if there are several.
    type: str
  sites:
    description:
      - 'A site whose route changes (default: every site whose route uses the Edge pool being
        left).'
    type: list
    elements: str
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
- name: Move federation between two Edge pools
  lyncops.dr.edge_federation:
    config: lyncops.toml
    state: failed_over
    edge_pool: edge1.contoso.com
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
