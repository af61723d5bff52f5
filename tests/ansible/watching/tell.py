"""A callback of Ansible's that writes each task's result as a line of JSON."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: tell
type: notification
short_description: Writes each task's result as a line of JSON
description: [Writes each task's result as a line of JSON.]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "tell"

    def v2_runner_on_ok(self, result: Any) -> None:  # noqa: ANN401 - Ansible is untyped
        self._write(result, failed=False)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ANN401, FBT001, FBT002
        del ignore_errors
        self._write(result, failed=True)

    def _write(self, result: Any, *, failed: bool) -> None:  # noqa: ANN401
        with open(os.environ["LYNCOPS_TOLD"], "a", encoding="utf-8") as file:  # noqa: PTH123
            told = {"task": result._task.get_name(), "host": result._host.get_name()}
            json.dump({**told, **result._result, "failed": failed}, file, default=str)
            file.write("\n")
