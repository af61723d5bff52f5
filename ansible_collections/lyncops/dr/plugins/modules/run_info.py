#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: run_info
short_description: Show one run with its report, or the runs of the journal
version_added: 0.1.0
description:
  - Show one run with its report, or the runs of the journal.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  run_id:
    description:
      - 'The run: its id, the beginning of it, or C(latest). Without it all runs in short.'
    type: str
  limit:
    description:
      - How many runs are listed, the newest first.
    type: int
    default: 50
attributes:
  check_mode:
    support: full
    description:
      - It changes nothing.
  diff_mode:
    support: none
    description:
      - Shows the deployment around the pools, before and after.
extends_documentation_fragment:
  - lyncops.dr.connection
"""

EXAMPLES = r"""
---
- name: Show one run with its report, or the runs of the journal
  lyncops.dr.run_info:
    config: lyncops.toml
"""

RETURN = r"""
---
runs:
  description:
    - The runs in short, the newest first.
  returned: no run is named
  type: list
  elements: dict
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
