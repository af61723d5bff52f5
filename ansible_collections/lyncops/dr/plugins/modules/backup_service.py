#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: backup_service
short_description: Configure the Backup Service, or copy what a pool has changed now
version_added: 0.1.0
description:
  - Configure the Backup Service, or copy what a pool has changed now.
  - 'Set how often the Backup Service copies, and groups that may query its status, for the whole
    deployment. Microsoft''s guide: Configuring and monitoring the Backup Service.'
  - 'Copy what a pool has changed to its backup pool now: some modules, or all of them. Microsoft''s
    guide: Configuring and monitoring the Backup Service.'
  - Plans from a fresh reading, answers the checks, runs each step once, and reads back what the
    servers show. Where it is so already, nothing is changed.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  state:
    description:
      - 'V(configured): Set how often the Backup Service copies, and who may query its status.'
      - 'V(synced): Copy a pool''s changes to its backup pool now.'
    type: str
    required: true
    choices:
      - configured
      - synced
  pool:
    description:
      - The pool whose changes are copied.
    type: str
  sync_interval:
    description:
      - 'The interval between copies: 5s to 3h (default: 2m).'
      - Written as C(30s), C(2m) or C(1h30m).
    type: str
  authorized_groups:
    description:
      - A group that may query its status. The groups given replace the present list.
    type: list
    elements: str
  modules:
    description:
      - 'Only this module (default: all of them).'
    type: list
    elements: str
    choices:
      - UserServices.PresenceFocus
      - ConfServices.DataConf
      - CentralMgmt.CMSMaster
      - ApplicationServer.RGSDataStore
      - ApplicationServer.RGSFileStore
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
- name: Configure the Backup Service, or copy what a pool has changed now
  lyncops.dr.backup_service:
    config: lyncops.toml
    state: configured
    sync_interval: 5m
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
