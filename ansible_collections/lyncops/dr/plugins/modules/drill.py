#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: drill
short_description: Rehearse the loss of each pool and site on a copy of the deployment
version_added: 0.1.0
description:
  - Rehearse the loss of each pool and site on a copy of the deployment.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  snapshot:
    description:
      - The file of a snapshot that is rehearsed, from C(lyncops snapshot --out FILE).
      - Without it the servers are read, and nothing is changed on them.
    type: path
  baseline:
    description:
      - The report of an earlier drill, as RV(drill) was written to a file.
    type: path
  fail_when_worse:
    description:
      - Fail where a disaster ends worse than in O(baseline).
    type: bool
    default: true
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
- name: Rehearse the loss of each pool and site on a copy of the deployment
  lyncops.dr.drill:
    config: lyncops.toml
"""

RETURN = r"""
---
outcome:
  description:
    - 'The worst outcome: V(done), V(exceptions), V(by_hand), V(refused) or V(failed).'
  returned: always
  type: str
rescued:
  description:
    - Whether everybody was served elsewhere each time.
  returned: always
  type: bool
worse:
  description:
    - What ended worse than in O(baseline), in sentences.
  returned: always
  type: list
  elements: str
drill:
  description:
    - The report, to be kept as the next O(baseline).
  returned: always
  type: dict
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
