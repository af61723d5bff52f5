# Written by scripts/ansible_pages.py from the description of what it runs.
"""The parameters of every module that runs a procedure."""

from __future__ import annotations


class ModuleDocFragment:
    """The parameters of every module that runs a procedure."""

    DOCUMENTATION = r"""
options:
  overrides:
    description:
      - 'Checks that may fail, each with the reason why: C({CHECK_ID: REASON}).'
      - The plan says what each of them changes, and the report keeps the reasons.
    type: dict
  reason:
    description:
      - Why it is done, for the journal and the report.
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
"""
