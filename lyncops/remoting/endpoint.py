"""Where PowerShell answers: an address, how to prove who one is there, and the pool and machine
that it belongs to.
"""

from __future__ import annotations

import enum
import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

import attrs

from lyncops.errors import ConfigurationError, InvalidValueError
from lyncops.values import Fqdn

DEFAULT_CONFIGURATION: Final = "Microsoft.PowerShell"
DEFAULT_SERVICE: Final = "host"
DEFAULT_ANSWER_LIMIT: Final = 256 * 1024 * 1024
_OCS: Final = "ocspowershell"


class Auth(enum.Enum):
    """How the client proves who it is."""

    NEGOTIATE = "negotiate"
    KERBEROS = "kerberos"
    NTLM = "ntlm"
    CREDSSP = "credssp"
    CERTIFICATE = "certificate"
    BASIC = "basic"

    @property
    def encrypts_messages(self) -> bool:
        """Whether the method can encrypt messages itself, so that plain http does."""
        return self not in {Auth.BASIC, Auth.CERTIFICATE}

    @property
    def binds_to_tls(self) -> bool:
        """Whether a log-on by this method can be bound to the connection's TLS.

        CredSSP has a TLS of its own.
        """
        return self in {Auth.NEGOTIATE, Auth.KERBEROS, Auth.NTLM}


class ChannelBinding(enum.Enum):
    """Whether a log-on over TLS is tied to the server's certificate (RFC 5929), so that it cannot
    be relayed.
    """

    AUTO = "auto"
    """Where the certificate allows it."""
    OFF = "off"
    """Not at all: for a device that ends TLS with a certificate of its own."""
    REQUIRED = "required"
    """Always: without it every log-on is refused."""


class TlsVersion(enum.Enum):
    """The oldest version of TLS that is accepted."""

    TLS_1_0 = "1.0"
    TLS_1_1 = "1.1"
    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"

    @property
    def version(self) -> ssl.TLSVersion:
        """As Python names it."""
        return ssl.TLSVersion[f"TLSv{self.value.replace('.', '_')}".removesuffix("_0")]

    @property
    def is_obsolete(self) -> bool:
        """Whether it counts as broken (RFC 8996)."""
        return self in {TlsVersion.TLS_1_0, TlsVersion.TLS_1_1}


class EndpointKind(enum.Enum):
    """The two ways into a Lync server (fact: ocs-powershell)."""

    WINRM = "winrm"
    """Windows' own remoting: a module has to be imported."""
    OCS = "ocs"
    """Lync's own address on its web server: no-language mode, nothing to import."""


@attrs.frozen(slots=True, kw_only=True)
class Credentials:
    """A user name and its password. The password never shows in a representation."""

    username: str
    password: str = attrs.field(repr=False)


@attrs.frozen(slots=True)
class TcpAddress:
    """A host name or IP address, and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> TcpAddress:
        """Read `127.0.0.1:5985` or `[::1]:5985`.

        Raises:
            ConfigurationError: host or port is missing or makes no sense.
        """
        try:
            parts = urlsplit(f"//{text.strip()}")
            if parts.hostname and parts.port and not parts.path:
                return cls(parts.hostname, parts.port)
        except ValueError:
            pass  # the port is not a number: reported below, like a missing one
        raise ConfigurationError(
            f"connect_to: {text!r} is not a TCP address.",
            remedy="Write host:port, for example 127.0.0.1:5985.",
        )

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _auth(value: Auth | str) -> Auth:
    try:
        return Auth(value.lower()) if isinstance(value, str) else value
    except ValueError:
        known = ", ".join(each.value for each in Auth)
        raise ConfigurationError(
            f"auth: {value!r} is unknown.", remedy=f"Use one of {known}."
        ) from None


def _binding(value: ChannelBinding | str) -> ChannelBinding:
    try:
        return ChannelBinding(value.lower()) if isinstance(value, str) else value
    except ValueError:
        known = ", ".join(each.value for each in ChannelBinding)
        raise ConfigurationError(
            f"channel_binding: {value!r} is unknown.", remedy=f"Use one of {known}."
        ) from None


def _tls_version(value: TlsVersion | str | None) -> TlsVersion | None:
    try:
        return (
            TlsVersion(value.lower().removeprefix("tls").strip("v "))
            if isinstance(value, str)
            else value
        )
    except ValueError:
        known = ", ".join(each.value for each in TlsVersion)
        raise ConfigurationError(
            f"tls_minimum: {value!r} is unknown.", remedy=f"Use one of {known}."
        ) from None


def _address(value: TcpAddress | str | None) -> TcpAddress | None:
    return TcpAddress.parse(value) if isinstance(value, str) else value


def _path(value: Path | str | None) -> Path | None:
    return Path(value) if isinstance(value, str) else value


def _fqdn(value: str | None) -> Fqdn | None:
    return None if value is None else Fqdn(value)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ConfigurationError(
            f"url: {url!r} cannot be read: {error}.",
            remedy="Write https://fe1.contoso.com/OcsPowershell.",
        ) from None
    return parts


@attrs.frozen(slots=True, kw_only=True)
class Endpoint:
    """One address of remote PowerShell.

    `connect_to` is the TCP address where it is not the url's; the names that TLS, SNI, the Host
    header and Kerberos check stay those of the url's host. `ca` is a file with the certificates to
    trust in place of the system's. `machine` defaults to the url's host. `dedicated` marks an
    address that serves only for what must happen on that machine (an Edge server). `delegate` asks
    for a Kerberos token that the server may carry on to SQL Server and Active Directory.
    `spn_service` and `spn_host` make up the name under which Kerberos knows the server
    (`host/fe1.contoso.com`). `answer_limit` is how many bytes an answer may have once it is
    unpacked. Messages are always encrypted: by TLS, else by the authentication method.

    Raises:
        ConfigurationError: a value makes no sense, or would send a password or a message in the
            clear.
    """

    url: str
    auth: Auth = attrs.field(default=Auth.NEGOTIATE, converter=_auth)
    configuration: str = DEFAULT_CONFIGURATION
    module: str | None = None
    connect_to: TcpAddress | None = attrs.field(default=None, converter=_address)
    ca: Path | None = attrs.field(default=None, converter=_path)
    pool: Fqdn | None = attrs.field(default=None, converter=_fqdn)
    machine: Fqdn | None = attrs.field(default=None, converter=_fqdn)
    certificate: Path | None = attrs.field(default=None, converter=_path)
    certificate_key: Path | None = attrs.field(default=None, converter=_path)
    credentials: Credentials | None = None
    operation_timeout: timedelta = timedelta(seconds=20)
    read_timeout: timedelta = timedelta(seconds=30)
    proxy: str | None = None
    delegate: bool = False
    spn_service: str = DEFAULT_SERVICE
    spn_host: str | None = None
    channel_binding: ChannelBinding = attrs.field(default=ChannelBinding.AUTO, converter=_binding)
    tls_minimum: TlsVersion | None = attrs.field(default=None, converter=_tls_version)
    answer_limit: int = DEFAULT_ANSWER_LIMIT
    dedicated: bool = False

    def __attrs_post_init__(self) -> None:
        self._check_url()
        self._check_auth()
        if self.operation_timeout < timedelta(seconds=1):
            raise ConfigurationError(
                f"operation_timeout of {self.url} is less than a second.",
                remedy="Write 1s or more.",
            )
        if self.operation_timeout >= self.read_timeout:
            raise ConfigurationError(
                f"operation_timeout of {self.url} must be smaller than read_timeout: the server"
                " answers first.",
                remedy=f"Write a read_timeout above {self.operation_timeout.total_seconds():g}s.",
            )
        if self.module is not None and self.kind is EndpointKind.OCS:
            raise ConfigurationError(
                f"module: {self.url} has Lync's cmdlets already.",
                remedy="Leave module out for OcsPowershell.",
            )
        if self.proxy is not None and self.connect_to is not None:
            raise ConfigurationError(
                f"connect_to of {self.url} has no meaning behind a proxy.",
                remedy="Leave out one of the two.",
            )
        if self.machine is None:
            object.__setattr__(self, "machine", self._machine_of_url())

    @classmethod
    def parse(cls, url: str, *, auth: Auth | str = Auth.NEGOTIATE) -> Endpoint:
        """The endpoint at `url` with all else left at its default.

        Raises:
            ConfigurationError: the url cannot be used, or not with this `auth`.
        """
        return cls(url=url, auth=auth)

    def _check_url(self) -> None:
        parts = _split(self.url)
        if parts.scheme not in {"http", "https"}:
            raise ConfigurationError(
                f"url: {self.url!r} begins with neither http:// nor https://.",
                remedy="Write one of them.",
            )
        if parts.username is not None:  # where there is a password it is at least empty
            raise ConfigurationError(
                f"url: the url of {parts.hostname} contains credentials.",
                remedy="Name the user under [credentials], never in a url.",
            )
        if not parts.hostname or any(character.isspace() for character in self.url):
            raise ConfigurationError(
                f"url: {self.url!r} names no host.",
                remedy="Write https://fe1.contoso.com/OcsPowershell.",
            )
        if parts.query or parts.fragment or parts.port == 0:
            raise ConfigurationError(
                f"url: {self.url!r} has parts that remote PowerShell does not know.",
                remedy="Write scheme, host, port and path only.",
            )

    def _check_auth(self) -> None:
        if not self.tls and not self.auth.encrypts_messages:
            raise ConfigurationError(
                f"auth: {self.auth.value} over http would send everything to {self.host} in the"
                " clear.",
                remedy="Use an https url, or auth = negotiate.",
            )
        if self.tls_minimum is not None and not self.tls:
            raise ConfigurationError(
                f"tls_minimum of {self.url} has no meaning without TLS.",
                remedy="Leave it out, or use https.",
            )
        if self.channel_binding is ChannelBinding.REQUIRED and not (
            self.tls and self.auth.binds_to_tls
        ):
            raise ConfigurationError(
                f"channel_binding of {self.url}: {self.auth.value} over"
                f" {'https' if self.tls else 'http'} cannot be bound to TLS.",
                remedy=(
                    "Use https with auth = negotiate, kerberos or ntlm, or leave channel_binding"
                    " out."
                ),
            )
        if (
            not self.spn_service
            or "/" in self.spn_service
            or self.spn_host == ""
            or "/" in (self.spn_host or "")
        ):
            raise ConfigurationError(
                f"spn_service and spn_host of {self.url} are the two parts of a service name.",
                remedy=(
                    'Write spn_service = "HTTP" and spn_host = "fe1.contoso.com", each without a'
                    " slash."
                ),
            )
        if self.answer_limit < 1024 * 1024:
            raise ConfigurationError(
                f"answer_limit of {self.url} is less than 1 MB.", remedy="Write 1 MB or more."
            )
        pair = (self.certificate, self.certificate_key)
        if self.auth is Auth.CERTIFICATE and None in pair:
            raise ConfigurationError(
                f"auth: {self.url} needs certificate and certificate_key.",
                remedy="Name both files, or choose another auth.",
            )
        if self.auth is not Auth.CERTIFICATE and pair != (None, None):
            raise ConfigurationError(
                f"certificate of {self.url} is not used with auth = {self.auth.value}.",
                remedy="Write auth = certificate, or leave it out.",
            )

    def _machine_of_url(self) -> Fqdn | None:
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            try:
                return Fqdn(self.host)
            except InvalidValueError:
                return None
        return None

    @property
    def tls(self) -> bool:
        """Whether the url begins with https."""
        return _split(self.url).scheme == "https"

    @property
    def host(self) -> str:
        """The url's host, which TLS and Kerberos check."""
        return _split(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The url's port; 5985 or 5986 where it names none, 80 or 443 for OcsPowershell."""
        if (port := _split(self.url).port) is not None:
            return port
        if self.kind is EndpointKind.OCS:
            return 443 if self.tls else 80
        return 5986 if self.tls else 5985

    @property
    def path(self) -> str:
        """The url's path without slashes around it; `wsman` where it has none."""
        return _split(self.url).path.strip("/") or "wsman"

    @property
    def kind(self) -> EndpointKind:
        """Which of the two kinds of endpoint this is, by its path."""
        return EndpointKind.OCS if self.path.split("/")[0].lower() == _OCS else EndpointKind.WINRM

    @property
    def resource_uri(self) -> str:
        """The name under which WSMan knows the session configuration."""
        return f"http://schemas.microsoft.com/powershell/{self.configuration}"

    def __str__(self) -> str:
        return self.url
