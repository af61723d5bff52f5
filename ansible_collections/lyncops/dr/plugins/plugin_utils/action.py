"""Where Ansible and lyncops meet: hands a task over to lyncops.ansible, and takes its answer."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import ClassVar

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


class LyncopsAction(ActionBase):
    """A module that runs in the Python of the controller; nothing is copied to any host."""

    MODULE: ClassVar[str] = ""
    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """Perform the task."""
        answer = super().run(tmp, task_vars)
        try:
            from lyncops.ansible.performing import argument_spec, perform
        except ModuleNotFoundError as missing:
            raise AnsibleActionFail(
                f"{missing.name} is not installed in the Python that runs Ansible"
                f" ({sys.executable}). Install it there: pip install 'lyncops[ansible]'."
            ) from missing
        given = self.validate_argument_spec(argument_spec(self.MODULE))[1]
        host = (task_vars or {}).get("inventory_hostname")
        done = perform(
            self.MODULE,
            given,
            check=bool(self._task.check_mode),
            diff=bool(self._task.diff),
            tell=lambda line: self._display.v(line, host=str(host) if host else None),
        )
        return {**answer, **done}
