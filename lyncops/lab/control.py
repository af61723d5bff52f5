"""A running lab told from outside: crash this, let the wire do that, show how it stands. JSON over loopback HTTP, with a token."""

from __future__ import annotations

import hmac
import http.client
import json
import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast
from urllib.parse import urlsplit

from lyncops.errors import EndpointError, InvalidValueError, LyncOpsError
from lyncops.lab import switches
from lyncops.lab.acts import ACTS, Act
from lyncops.lab.lab import Lab
from lyncops.lab.wire.faults import Fault, FaultKind

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]

CONTROL_FILE: Final = "control.json"
_UNITS: Final = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_TIMEOUT: Final = 30.0


class InjectionError(InvalidValueError):
    """What was asked of the lab means nothing to it."""


def parse_duration(text: str) -> timedelta:
    """Read `5m`, `1h30m`, `200ms`.

    Raises:
        InjectionError: the text is no duration.
    """
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise InjectionError(f"{text!r} is not a duration.", remedy="Write it as 200ms, 30s, 5m or 1h30m.")
    return sum((timedelta(**{_UNITS[unit]: float(number)}) for number, unit in parts), timedelta())


def _scopes(arguments: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or name not in known:
            raise InjectionError(f"{argument!r} means nothing here.", remedy=f"Write NAME=VALUE with one of: {', '.join(known)}.")
        values[name] = value
    return values


def _times(text: str) -> int | None:
    if text == "always":
        return None
    if not text.isdecimal() or not int(text):
        raise InjectionError(f"times={text} is no number of requests.", remedy="Write a number from 1 on, or always.")
    return int(text)


def _status(text: str) -> int:
    if text not in {"400", "401", "404", "500", "503"}:
        raise InjectionError(f"status={text} is not one that the lab answers.", remedy="Write 400, 401, 404, 500 or 503.")
    return int(text)


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise InjectionError(f"{text!r} is neither true nor false.", remedy="Write true or false.")
    return text == "true"


def _protocol(text: str) -> str:
    if text not in {"2.1", "2.2", "2.3"}:
        raise InjectionError(f"There is no protocol {text}.", remedy="Write 2.1, 2.2 or 2.3.")
    return text


def _number(text: str) -> int:
    if not text.isdecimal():
        raise InjectionError(f"{text!r} is not a number.", remedy="Write a number such as 25.")
    return int(text)


_PROFILE: Final[Mapping[str, Callable[[str], object]]] = {
    "protocol": _protocol,
    "disconnects": _flag,
    "full_language": _flag,
    "max_shells_per_user": _number,
    "idle_timeout": parse_duration,
    "idle_disconnect": parse_duration,
    "allow_unencrypted": _flag,
    "untrusted_certificate": _flag,
    "delay": parse_duration,
}


class Injector:
    """Does to a lab what was asked for by name."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._named: Mapping[str, Callable[[Sequence[str]], JsonValue]] = {
            "crash": self._with_name(lab.crash),
            "hang": self._with_name(lab.hang),
            "recover": self._with_name(lab.recover),
            "advance": self._advance,
            "restart": self._restart,
            "disconnect-idle": self._disconnect_idle,
            "profile": self._profile,
            "model-fault": self._model_fault,
            "switch": self._switch,
            "clear": self._clear,
            "show": self._show,
            **{name: self._by_hand(act) for name, act in ACTS.items()},
        }

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be asked for."""
        return (*self._named, *(kind.value for kind in FaultKind))

    def inject(self, name: str, arguments: Sequence[str]) -> JsonValue:
        """Do it, and say what was done.

        Raises:
            LyncOpsError: the name or an argument means nothing.
        """
        if name in self._named:
            return self._named[name](arguments)
        if name not in self.names:
            raise InjectionError(f"There is no fault {name!r}.", remedy=f"Name one of: {', '.join(self.names)}.")
        return self._fault(FaultKind(name), arguments)

    def _with_name(self, action: Callable[[str], None]) -> Callable[[Sequence[str]], JsonValue]:
        def act(arguments: Sequence[str]) -> JsonValue:
            if len(arguments) != 1:
                raise InjectionError("One name is needed.", remedy="Name a machine, a pool, or site:NAME.")
            action(arguments[0])
            return {"done": arguments[0]}

        return act

    def _by_hand(self, act: Act) -> Callable[[Sequence[str]], JsonValue]:
        def do(arguments: Sequence[str]) -> JsonValue:
            return {"done": act(self._lab.world.outside, arguments)}

        return do

    def _advance(self, arguments: Sequence[str]) -> JsonValue:
        if len(arguments) != 1:
            raise InjectionError("One duration is needed.", remedy="Write it as 30s, 5m or 1h.")
        self._lab.world.clock.advance(parse_duration(arguments[0]))
        self._lab.world.settle()
        return {"now": self._lab.world.now().isoformat()}

    def _machine(self, arguments: Sequence[str]) -> str | None:
        if len(arguments) > 1:
            raise InjectionError("One machine at the most.", remedy="Name one machine, or none for all.")
        return arguments[0] if arguments else None

    def _restart(self, arguments: Sequence[str]) -> JsonValue:
        machine = self._machine(arguments)
        self._lab.restart(machine)
        return {"restarted": machine or "all"}

    def _disconnect_idle(self, arguments: Sequence[str]) -> JsonValue:
        return {"disconnected": self._lab.disconnect_idle(self._machine(arguments))}

    def _fault(self, kind: FaultKind, arguments: Sequence[str]) -> JsonValue:
        scope = _scopes(arguments, ("machine", "action", "cmdlet", "times", "status"))
        machine = scope.get("machine")
        if machine is not None:
            self._lab.host.server(machine)
        fault = Fault(
            kind=kind,
            machine=machine,
            action=scope.get("action"),
            cmdlet=scope.get("cmdlet"),
            times=_times(scope.get("times", "1")),
            status=_status(scope.get("status", "500")),
        )
        self._lab.faults.add(fault)
        return {"waiting": fault.kind.value}

    def _profile(self, arguments: Sequence[str]) -> JsonValue:
        wanted = _scopes(arguments, ("machine", *_PROFILE))
        machine = wanted.pop("machine", None)
        values = {name: _PROFILE[name](text) for name, text in wanted.items()}
        for server in self._lab.host.servers(machine):
            for name, value in values.items():
                setattr(server.profile, name, value)
        return {"profile": dict[str, JsonValue](wanted)}

    def _model_fault(self, arguments: Sequence[str]) -> JsonValue:
        values = _scopes(arguments, switches.names(switches.Faults))
        switches.assign(self._lab.world.faults, values, "model-fault")
        return {"model-fault": dict[str, JsonValue](values)}

    def _switch(self, arguments: Sequence[str]) -> JsonValue:
        values = _scopes(arguments, switches.names(switches.Switches))
        switches.assign(self._lab.world.switches, values, "switch")
        return {"switch": dict[str, JsonValue](values)}

    def _clear(self, arguments: Sequence[str]) -> JsonValue:
        del arguments
        self._lab.faults.clear()
        return {"cleared": True}

    def _show(self, arguments: Sequence[str]) -> JsonValue:
        del arguments
        return show(self._lab)


def show(lab: Lab) -> dict[str, JsonValue]:
    """How a lab stands: time, machines, executions, requests, failed logons and faults that wait."""
    addresses = lab.host.addresses()
    machines: list[JsonValue] = [
        {
            "name": str(name),
            "state": "down" if machine.is_down else "hung" if machine.is_hung else "up",
            "addresses": {scheme: address for (one, scheme), address in addresses.items() if one == name.casefold()},
        }
        for name, machine in lab.world.machines.items()
    ]
    return {
        "now": lab.world.now().isoformat(),
        "machines": machines,
        "executions": dict[str, JsonValue](lab.world.executions),
        "requests": lab.requests.total,
        "failed_logons": lab.failed_logons,
        "faults": [fault.kind.value for fault in lab.faults.waiting],
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, injector: Injector, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.injector = injector
        self.token = token


class _Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        server = self.server
        if not isinstance(server, _Server):
            return
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {server.token}".encode()):
            self._answer(401, {"error": "The token is wrong.", "remedy": "Use the out folder of the lab that runs."})
            return
        try:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            name, arguments = asked["name"], [str(one) for one in asked["arguments"]]
        except (ValueError, KeyError, TypeError):
            self._answer(400, {"error": "The request is not understood.", "remedy": "Use `lyncops lab inject`."})
            return
        try:
            self._answer(200, server.injector.inject(str(name), arguments))
        except LyncOpsError as error:
            self._answer(400, {"error": error.what, "remedy": error.remedy})

    def _answer(self, status: int, value: JsonValue) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are not logged."""


class ControlServer:
    """Lets `lyncops lab inject` reach a lab; writes the address and the token into a folder, and removes them at the end."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        token = secrets.token_urlsafe(24)
        self._server = _Server(Injector(lab), token)
        self._path = folder / CONTROL_FILE
        folder.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._path.touch(mode=0o600)
        self._path.write_text(json.dumps({"url": f"http://127.0.0.1:{self._server.server_address[1]}", "token": token}), "utf-8")
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="lab-control", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        self._path.unlink(missing_ok=True)


def ask(folder: Path, name: str, arguments: Sequence[str]) -> JsonValue:
    """Ask the lab that runs with this out folder.

    Raises:
        InjectionError: it refused; the message says why.
        EndpointError: no lab runs there.
    """
    path = folder / CONTROL_FILE
    remedy = "Start one with `lyncops lab serve SCENARIO --out FOLDER` and name the same folder."
    try:
        control = cast("Mapping[str, str]", json.loads(path.read_text("utf-8")))
        address, token = urlsplit(control["url"]), control["token"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EndpointError(f"No lab runs with the folder {folder}.", remedy=remedy) from error
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=_TIMEOUT)
    body = json.dumps({"name": name, "arguments": list(arguments)})
    try:
        connection.request("POST", "/inject", body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        value = cast("JsonValue", json.loads(answer.read()))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise EndpointError(f"The lab of the folder {folder} does not answer: {error}.", remedy=remedy) from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        refusal = value if isinstance(value, dict) else {}
        raise InjectionError(str(refusal.get("error", "The lab refused.")), remedy=str(refusal.get("remedy", "")))
    return value
