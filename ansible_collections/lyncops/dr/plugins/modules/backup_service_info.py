#!/usr/bin/python
# Written by scripts/ansible_pages.py from the description of what it runs.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: backup_service_info
short_description: Show the Backup Service, and what would be lost with each pool now
version_added: 0.1.0
description:
  - Show the Backup Service, and what would be lost with each pool now.
  - Runs in the Python of the controller; the hosts of the play are not connected to.
author:
  - The lyncops authors (!UNKNOWN)
options:
  pools:
    description:
      - The Front End pools that are meant. Without it every one.
    type: list
    elements: str
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
- name: Show the Backup Service, and what would be lost with each pool now
  lyncops.dr.backup_service_info:
    config: lyncops.toml
"""

RETURN = r"""
---
state:
  description:
    - The state of the whole.
  returned: success
  type: str
backup_service:
  description:
    - Its configuration, and both directions of each pair.
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
