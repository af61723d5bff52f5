#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: run_resume
short_description: Go on with a run that stopped, was cut off, or waits for a person
version_added: 0.1.0
description:
  - Go on with a run that stopped, was cut off, or waits for a person.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  run_id:
    description:
      - 'The run: its id, the beginning of it, or C(latest).'
    type: str
    required: true
  confirm:
    description:
      - 'The id of the manual step that was done: C(pending.step_id) of the task before.'
      - Without it a run that waits for a person goes on waiting.
    type: str
  send_again_because:
    description:
      - Why a cmdlet with an unknown outcome may be sent again.
      - It may then run twice.
      - Only for a run whose outcome is unknown, after you looked at the servers.
    type: str
  operator:
    description:
      - Who does it, for the journal and the report.
      - Without it the account that runs Ansible.
    type: str
  steal_lock:
    description:
      - Take the pools away from another run that holds them. The journal keeps it.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description:
      - Answers with what would be done.
  diff_mode:
    support: none
    description:
      - Shows the deployment around the pools, before and after.
extends_documentation_fragment:
  - lyncops.dr.connection
"""

EXAMPLES = r"""
---
- name: Go on with a run that stopped, was cut off, or waits for a person
  lyncops.dr.run_resume:
    config: lyncops.toml
    run_id: latest
"""

RETURN = r"""
---
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
