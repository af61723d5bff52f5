#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: doctor_info
short_description: Is everything that a rescue needs reachable and usable?
version_added: 0.1.0
description:
  - Is everything that a rescue needs reachable and usable?
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options: {}
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
- name: Is everything that a rescue needs reachable and usable?
  lyncops.dr.doctor_info:
    config: lyncops.toml
"""

RETURN = r"""
---
verdict:
  description:
    - V(passed), V(warning), V(failed) or V(unknown).
  returned: success
  type: str
diagnosis:
  description:
    - Each endpoint and machine with its checks.
  returned: success
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
