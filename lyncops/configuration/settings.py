"""`lyncops.toml`: the deployment, how to reach it, who one is there, and where the journal is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

import attrs

from lyncops.cmdlets.reading import host_in
from lyncops.configuration.journal_url import DEFAULT as DEFAULT_JOURNAL
from lyncops.configuration.journal_url import TIMEOUT, JournalUrl
from lyncops.configuration.notices import Notify, notify_of
from lyncops.configuration.passwords import (
    FromEnvironment,
    FromKeyring,
    FromPrompt,
    PasswordSource,
    refuse_password,
)
from lyncops.configuration.tables import Table
from lyncops.deployment.knocking import Knocker
from lyncops.deployment.lookups import Lookups, SocketAddress
from lyncops.deployment.witnesses import Door
from lyncops.errors import InvalidValueError, LyncOpsError
from lyncops.remoting.endpoint import (
    DEFAULT_ANSWER_LIMIT,
    DEFAULT_CONFIGURATION,
    DEFAULT_SERVICE,
    Auth,
    ChannelBinding,
    Credentials,
    Endpoint,
)
from lyncops.remoting.retry import RetryPolicy
from lyncops.values import Fqdn, LyncVersion

DEFAULT_FILE: Final = "lyncops.toml"

PLAN_AGE: Final = timedelta(hours=1)
"""How old a saved plan may be before it is asked about once more."""
_TABLES: Final = (
    *("deployment", "endpoint", "machine", "credentials", "retry", "journal", "network"),
    *("exports", "notify"),
)
_SIGN_IN: Final = ("username", "password_env", "password_prompt", "password_keyring")
_ENDPOINT: Final = (
    *(
        "url",
        "auth",
        "configuration",
        "module",
        "connect_to",
        "ca",
        "pool",
        "machine",
        "certificate",
        "certificate_key",
    ),
    *("proxy", "delegate", "operation_timeout", "read_timeout", *_SIGN_IN),
    *("spn_service", "spn_host", "channel_binding", "tls_minimum", "answer_limit"),
)
_OPERATION_TIMEOUT: Final = timedelta(seconds=20)
_READ_TIMEOUT: Final = timedelta(seconds=30)
# A ticket, a keytab, or Windows itself is enough
_WITHOUT_PASSWORD: Final = (
    Auth.CERTIFICATE,
    Auth.KERBEROS,
    Auth.NEGOTIATE,
)
_SIZE: Final = re.compile(r"\s*(\d{1,9})\s*([kKmMgG]?)i?[bB]?\s*")


@attrs.frozen(slots=True, kw_only=True)
class SignIn:
    """A user and where the password comes from."""

    username: str
    source: PasswordSource

    def credentials(self) -> Credentials:
        """The user with the password, which is got now.

        Raises:
            ConfigurationError: the password is not there, or cannot be asked for here.
        """
        return Credentials(
            username=self.username, password=self.source.password(self.username).reveal()
        )


@attrs.frozen(slots=True, kw_only=True)
class Address:
    """An endpoint as configured; `sign_in` is its own user where it does not use that of
    `[credentials]`.
    """

    endpoint: Endpoint
    sign_in: SignIn | None = None

    def resolved(self) -> Endpoint:
        """The endpoint with its own credentials, whose password is got now."""
        return (
            attrs.evolve(self.endpoint, credentials=self.sign_in.credentials())
            if self.sign_in
            else self.endpoint
        )


@attrs.frozen(slots=True, kw_only=True)
class Configuration:
    """All of `lyncops.toml`. Passwords are not in it: they are got when a client connects."""

    file: Path
    name: str
    version: LyncVersion | None  # None: ask the servers
    addresses: tuple[Address, ...]  # in the order to try, those for one machine only at the end
    sign_in: SignIn | None
    retry: RetryPolicy
    poll_interval: timedelta | None  # None: as each step says
    settle: timedelta | None  # None: as each step says
    journal_url: str
    journal_timeout: timedelta = TIMEOUT
    lookups: Lookups = attrs.field(factory=Lookups)  # how DNS and ports outside are asked
    knocker: Knocker = attrs.field(factory=Knocker)  # how ports of machines are tried from here
    plan_age: timedelta = PLAN_AGE
    exports: Mapping[str, str] = attrs.field(factory=dict[str, str])  # patterns of files, by kind
    notify: Notify = attrs.field(factory=Notify)  # to whom the states of runs are told


def load_configuration(path: str | os.PathLike[str] = DEFAULT_FILE) -> Configuration:
    """Read and check the file. Paths in it are relative to its folder.

    Raises:
        ConfigurationError: it cannot be used; the message names the file, the field and the cure.
    """
    return _configuration(Table.read(Path(path).absolute()), None)


def configuration_of(
    values: Mapping[str, object], *, folder: Path, told: str, sign_in: SignIn | None = None
) -> Configuration:
    """What a file with these tables would say; paths in them are relative to `folder`.

    `told` says in errors where the tables come from; `sign_in` takes the place of `[credentials]`.

    Raises:
        ConfigurationError: they cannot be used; the message names the field and the remedy.
    """
    top = Table(file=folder.absolute() / DEFAULT_FILE, name="", values=values, told=told)
    return _configuration(top, sign_in)


def _configuration(top: Table, given: SignIn | None) -> Configuration:
    top.allow(*_TABLES)
    deployment = top.table("deployment")
    deployment.allow("name", "version", "plan_age")
    sign_in = given or _sign_in(top.table("credentials"))
    endpoints = top.tables("endpoint")
    if not endpoints:
        raise top.error(
            "[[endpoint]]", "there is none, so no server can be reached.", _ENDPOINT_EXAMPLE
        )
    addresses = (*map(_endpoint, endpoints), *map(_machine, top.tables("machine")))
    for address in addresses:
        if (
            sign_in is None
            and address.sign_in is None
            and address.endpoint.auth not in _WITHOUT_PASSWORD
        ):
            raise top.error(
                "[credentials]",
                f"there is no username for {address.endpoint.url}.",
                'Write [credentials] with username = "CONTOSO\\\\admin" and password_env ='
                ' "LYNCOPS_PASSWORD".',
            )
    retry = top.table("retry")
    return Configuration(
        file=top.file,
        name=deployment.text("name") or "lync",
        version=deployment.parsed("version", _version),
        plan_age=_pause(deployment, "plan_age", "1h") or PLAN_AGE,
        exports=_exports(top.table("exports")),
        addresses=addresses,
        sign_in=sign_in,
        retry=_retry(retry),
        poll_interval=_pause(retry, "poll_interval", "15s"),
        settle=_pause(retry, "settle", "5m"),
        journal_url=_journal(top.table("journal")).text,
        journal_timeout=_pause(top.table("journal"), "timeout", "10s") or TIMEOUT,
        lookups=_lookups(top.table("network")),
        knocker=_knocker(top.table("network"), addresses),
        notify=notify_of(top.table("notify")),
    )


_ENDPOINT_EXAMPLE: Final = (
    'Write [[endpoint]] and below it url = "https://fe1.contoso.com/OcsPowershell".'
)


def _version(text: str) -> LyncVersion | None:
    known = {
        "auto": None,
        "se": LyncVersion.V2019,
        **{version.value: version for version in LyncVersion if version.value >= "2013"},
    }
    if text.strip().lower() not in known:
        raise InvalidValueError(
            f"lyncops does not know the version {text!r}.", remedy="Write 2013, 2015, 2019 or auto."
        )
    return known[text.strip().lower()]


def _sign_in(table: Table) -> SignIn | None:
    for key in table.values:
        if key not in _SIGN_IN and (reason := refuse_password(key)):
            raise table.error(
                key, reason, "Remove it, and change that password if the file was ever shared."
            )
    if table.name == "[credentials]":
        table.allow(*_SIGN_IN)
    username = table.text("username")
    sources: list[PasswordSource] = []
    if variable := table.text("password_env"):
        sources.append(FromEnvironment(variable))
    if table.flag("password_prompt"):
        sources.append(FromPrompt())
    if service := table.text("password_keyring"):
        sources.append(FromKeyring(service))
    if username is None and not sources:
        return None
    if username is None:
        raise table.error(
            "username", "is missing.", 'Write username = "CONTOSO\\\\admin" (or admin@contoso.com).'
        )
    if len(sources) != 1:
        raise table.error(
            "password_env",
            f"{'several sources' if sources else 'no source'} of the password of {username}.",
            "Name one: password_env, password_prompt or password_keyring.",
        )
    return SignIn(username=username, source=sources[0])


def _endpoint(table: Table) -> Address:
    sign_in = _sign_in(table)
    table.allow(*_ENDPOINT)
    return _address(table, sign_in, dedicated=False)


def _machine(table: Table) -> Address:
    sign_in = _sign_in(table)
    table.allow("name", *(key for key in _ENDPOINT if key != "machine"))
    table.required("name", "edge1.contoso.com")
    return _address(table, sign_in, dedicated=True)


def _address(table: Table, sign_in: SignIn | None, *, dedicated: bool) -> Address:
    url = table.required("url", "https://fe1.contoso.com/OcsPowershell")
    machine = table.parsed("name" if dedicated else "machine", Fqdn)
    pool = table.parsed("pool", Fqdn)
    operation_timeout, read_timeout = (
        table.duration(key) for key in ("operation_timeout", "read_timeout")
    )
    try:
        endpoint = Endpoint(
            url=url,
            auth=table.text("auth") or Auth.NEGOTIATE,
            configuration=table.text("configuration") or DEFAULT_CONFIGURATION,
            module=table.text("module"),
            connect_to=table.text("connect_to"),
            ca=table.path("ca"),
            pool=pool,
            machine=machine,
            certificate=table.path("certificate"),
            certificate_key=table.path("certificate_key"),
            proxy=table.text("proxy"),
            delegate=table.flag("delegate"),
            spn_service=table.text("spn_service") or DEFAULT_SERVICE,
            spn_host=table.text("spn_host"),
            channel_binding=table.text("channel_binding") or ChannelBinding.AUTO,
            tls_minimum=table.text("tls_minimum"),
            answer_limit=table.parsed("answer_limit", _size) or DEFAULT_ANSWER_LIMIT,
            dedicated=dedicated,
            operation_timeout=(
                _OPERATION_TIMEOUT if operation_timeout is None else operation_timeout
            ),
            read_timeout=_READ_TIMEOUT if read_timeout is None else read_timeout,
        )
    except LyncOpsError as error:
        raise _placed(table, error) from error
    return Address(endpoint=endpoint, sign_in=sign_in)


def _size(text: str) -> int:
    """`64 MB` in bytes."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InvalidValueError(f"{text!r} is not a size.", remedy='Write "64 MB".')
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}[match[2].lower()]


def _placed(table: Table, error: LyncOpsError) -> LyncOpsError:
    """The error of a value, with the place in the file; one that already has it is unchanged."""
    return (
        error if error.what.startswith(table.place) else table.error("", error.what, error.remedy)
    )


def _pause(table: Table, key: str, example: str) -> timedelta | None:
    duration = table.duration(key)
    if duration is not None and not duration:
        raise table.error(key, "is zero.", f"Write a duration such as {example}.")
    return duration


def _retry(table: Table) -> RetryPolicy:
    defaults = {field.name: field.default for field in attrs.fields(RetryPolicy)}
    table.allow("poll_interval", "settle", *defaults)
    durations = {name for name, default in defaults.items() if isinstance(default, timedelta)}
    values = {
        name: table.duration(name) if name in durations else table.number(name) for name in defaults
    }
    try:
        return _policy({name: value for name, value in values.items() if value is not None})
    except LyncOpsError as error:
        raise _placed(table, error) from error


def _policy(values: Mapping[str, timedelta | int]) -> RetryPolicy:
    make: Any = RetryPolicy  # its fields have two types, which the caller distinguished
    return cast("RetryPolicy", make(**values))


def _journal(table: Table) -> JournalUrl:
    table.allow("url", "timeout")
    try:
        return JournalUrl.parse(table.text("url") or DEFAULT_JOURNAL).seen_from(table.file.parent)
    except InvalidValueError as error:
        raise table.error("url", error.what, error.remedy) from None


_EXPORTS: Final = {
    "configuration": "the configuration",
    "locations": "locations (LIS)",
    "response_groups": "response groups",
}


def _exports(table: Table) -> Mapping[str, str]:
    """The pattern of the files of each kind, seen from the folder of the configuration."""
    table.allow(*_EXPORTS)
    named = {kind: table.text(key) for key, kind in _EXPORTS.items()}
    return {kind: str(table.file.parent / text) for kind, text in named.items() if text}


def _lookups(table: Table) -> Lookups:
    table.allow("resolver", "timeout", "connect_to")
    timeout = _pause(table, "timeout", "3s")
    lookups = Lookups(
        resolver=table.parsed("resolver", SocketAddress.resolver),
        connect_to=_connections(table.table("connect_to")),
    )
    return lookups if timeout is None else attrs.evolve(lookups, timeout=timeout)


def _connections(table: Table) -> Mapping[SocketAddress, SocketAddress]:
    """`"192.0.2.1:5269" = "127.0.0.1:40001"`: where an address that partners connect to is really
    reached.
    """
    found: dict[SocketAddress, SocketAddress] = {}
    for key in table.values:
        real = table.parsed(key, SocketAddress.parse)
        if real is None or _door(key) is not None:
            continue
        try:
            found[SocketAddress.parse(key)] = real
        except InvalidValueError as error:
            raise table.error(key, error.what, error.remedy) from error
    return found


def _door(text: str) -> Door | None:
    """`fe1.contoso.com:5061`: a port of a machine by its name."""
    host, _, port = text.rpartition(":")
    name = host_in(host)
    return (
        Door(name, int(port)) if name is not None and port.isdecimal() and ":" not in host else None
    )


def _knocker(table: Table, addresses: tuple[Address, ...]) -> Knocker:
    """Where the servers are reached through tunnels, their names mean nothing here: then only what
    is mapped is tried.
    """
    connections = table.table("connect_to")
    mapped: dict[Door, tuple[str, int]] = {}
    for key in connections.values:
        real, door = connections.parsed(key, SocketAddress.parse), _door(key)
        if real is not None and door is not None:
            mapped[door] = (real.address, real.port)
    tunnels = any(address.endpoint.connect_to for address in addresses)
    timeout = _pause(table, "timeout", "3s")
    knocker = Knocker(connect_to=mapped, only_mapped=tunnels or bool(mapped))
    return knocker if timeout is None else attrs.evolve(knocker, timeout=timeout)
