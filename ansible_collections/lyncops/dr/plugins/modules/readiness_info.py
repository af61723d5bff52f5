#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: readiness_info
short_description: 'Could every pool be failed over now: in which mode, at what loss?'
version_added: 0.1.0
description:
  - 'Could every pool be failed over now: in which mode, at what loss?'
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  pools:
    description:
      - The Front End pools that are meant. Without it every one.
    type: list
    elements: str
  count_users:
    description:
      - Count the users of all pools. Every user travels over the wire for that.
    type: bool
    default: false
  verify:
    description:
      - Test whether the pools' test users are served now.
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
- name: 'Could every pool be failed over now: in which mode, at what loss?'
  lyncops.dr.readiness_info:
    config: lyncops.toml
"""

RETURN = r"""
---
ready:
  description:
    - Whether every pool could be failed over now.
  returned: success
  type: bool
readiness:
  description:
    - Each pool with its modes, what is in the way, and the loss.
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
