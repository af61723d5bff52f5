#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: deployment_info
short_description: Show sites, pools, pairs, who serves whom, the store and Edge pools
version_added: 0.1.0
description:
  - Show sites, pools, pairs, who serves whom, the store and Edge pools.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  count_users:
    description:
      - Count the users of all pools. Every user travels over the wire for that.
    type: bool
    default: false
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
- name: Show sites, pools, pairs, who serves whom, the store and Edge pools
  lyncops.dr.deployment_info:
    config: lyncops.toml
"""

RETURN = r"""
---
deployment:
  description:
    - What the servers said. What could not be read says so and why.
  returned: success
  type: dict
verdict:
  description:
    - V(passed), V(warning), V(failed) or V(unknown).
  returned: success
  type: str
attention:
  description:
    - What deserves attention, in sentences.
  returned: success
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
