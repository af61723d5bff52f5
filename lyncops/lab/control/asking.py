"""Asking a lab that another process runs. Light: it does not load the lab."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

from lyncops.errors import ConfigurationError, EndpointError
from lyncops.lab.control.arguments import InjectionError
from lyncops.values import JsonValue

CONTROL_FILE: Final = "control.json"
_TIMEOUT: Final = 30.0


def ask(folder: Path, name: str, arguments: Sequence[str]) -> JsonValue:
    """Ask the lab that runs with this out folder.

    Raises:
        InjectionError: it refused; the message says why.
        ConfigurationError: no lab was started with that folder, or it has ended.
        EndpointError: the lab does not answer.
    """
    path = folder / CONTROL_FILE
    remedy = "Start one with `lyncops lab serve SCENARIO --out FOLDER` and name the same folder."
    try:
        control = cast("Mapping[str, str]", json.loads(path.read_text("utf-8")))
        address, token = urlsplit(control["url"]), control["token"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"No lab runs with the folder {folder}.", remedy=remedy) from error
    connection = http.client.HTTPConnection(
        address.hostname or "127.0.0.1", address.port, timeout=_TIMEOUT
    )
    body = json.dumps({"name": name, "arguments": list(arguments)})
    try:
        connection.request(
            "POST",
            "/inject",
            body,
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        value = cast("JsonValue", json.loads(answer.read()))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise EndpointError(
            f"The lab of the folder {folder} does not answer: {error}.", remedy=remedy
        ) from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        refusal = value if isinstance(value, dict) else {}
        raise InjectionError(
            str(refusal.get("error", "The lab refused.")), remedy=str(refusal.get("remedy", ""))
        )
    return value
