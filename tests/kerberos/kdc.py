"""A Kerberos KDC of its own on loopback: MIT's programs, a folder, free ports, no root."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs

from tests.needs import KERBEROS

REALM: Final = "CONTOSO.COM"
USER: Final = f"admin@{REALM}"
PASSWORD: Final = "a right password"
_PLACES: Final = ("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/opt/homebrew/opt/krb5/sbin")
_DEADLINE: Final = 20.0
_KDC_CONF: Final = """[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
  max_life = 10h
 }}
[logging]
 kdc = FILE:{folder}/kdc.log
"""
_KRB5_CONF: Final = """[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
 forwardable = false
 default_client_keytab_name = FILE:{folder}/no-client.keytab
[realms]
{realms}
[domain_realm]
 .contoso.com = {realm}
"""


def program(name: str) -> str:
    """The path of one of MIT's programs; a test that misses it is skipped."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_PLACES]))
    if found is None:
        KERBEROS.missing()
    return found


def demand() -> None:
    """Skip the test unless programs and packages are there."""
    for name in ("krb5kdc", "kdb5_util", "kadmin.local", "kinit", "faketime"):
        program(name)
    if any(importlib.util.find_spec(name) is None for name in ("krb5", "gssapi")):
        KERBEROS.missing()


@attrs.define
class Kdc:
    """One KDC with one realm.

    It can be stopped, started again, and made to swallow what it is asked.
    """

    folder: Path
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _hole: socket.socket | None = None

    @property
    def _pid(self) -> Path:
        return self.folder / "krb5kdc.pid"

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to find it."""
        return {
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5_KTNAME": f"FILE:{self.folder}/services.keytab",
            "KRB5CCNAME": f"FILE:{self.folder}/ccache",
            "KRB5RCACHENAME": "none:",
        }

    def create(self) -> None:
        """Make the database, empty but for the KDC's own principals."""
        self.port = _free_port()
        realms = f" {REALM} = {{\n  kdc = 127.0.0.1:{self.port}\n }}"
        conf = _KDC_CONF.format(port=self.port, folder=self.folder, realm=REALM)
        (self.folder / "kdc.conf").write_text(conf, encoding="utf-8")
        self.configure(realms)
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")

    def configure(self, realms: str, more: str = "") -> None:
        """Write the clients' krb5.conf."""
        text = _KRB5_CONF.format(realm=REALM, folder=self.folder, realms=realms)
        (self.folder / "krb5.conf").write_text(text + more, encoding="utf-8")

    def _run(self, name: str, *arguments: str, words: str = "") -> str:
        done = subprocess.run(
            [program(name), *arguments],
            env={**os.environ, **self.environment},
            input=words,
            capture_output=True,
            text=True,
            check=False,
            timeout=_DEADLINE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def admin(self, *queries: str) -> None:
        """Run kadmin's commands."""
        said = self._run("kadmin.local", "-r", REALM, words="\n".join(queries) + "\n")
        assert "while" not in said, said

    def service(self, *names: str) -> None:
        """Services whose keys the acceptor has."""
        keytab = self.folder / "services.keytab"
        self.admin(
            *(
                line
                for name in names
                for line in (f"addprinc -randkey {name}", f"ktadd -k {keytab} {name}")
            )
        )

    def user(self, name: str, password: str, options: str = "") -> None:
        """A user with a password."""
        self.admin(f'addprinc +requires_preauth {options} -pw "{password}" {name}')

    def people(self) -> None:
        """The administrator, and one user for each way in which an account can be of no use."""
        self.user("admin", PASSWORD)
        self.user("stale", PASSWORD, '-pwexpire "2020-01-01"')
        self.user("gone", PASSWORD, '-expire "2020-01-01"')
        self.user("locked", PASSWORD, "-allow_tix")

    def rekey(self, name: str) -> None:
        """Give a service another key, of which its server knows nothing."""
        self.admin(f"cpw -randkey {name}")

    def client_keytab(self, name: str) -> Path:
        """A keytab with a user's key."""
        keytab = self.folder / f"{name}.keytab"
        keytab.unlink(missing_ok=True)
        self.admin(f"ktadd -norandkey -k {keytab} {name}")
        return keytab

    def kinit(self, name: str, password: str, *options: str) -> None:
        """Get a ticket, as a person does."""
        self._run("kinit", *options, name, words=password + "\n")

    def forget(self) -> None:
        """Remove the ticket."""
        (self.folder / "ccache").unlink(missing_ok=True)

    def start(self, *, ahead: timedelta = timedelta()) -> None:
        """Answer from now on, by a clock that is `ahead` of this computer's."""
        if self._hole is not None:
            self._hole.close()
            self._hole = None
        with (self.folder / "kdc.out").open("ab") as out:
            command = [program("krb5kdc"), "-n", "-P", str(self._pid), "-r", REALM]
            if ahead:
                seconds = ahead.total_seconds()
                command = [program("faketime"), "-f", f"{seconds:+.0f}s", *command]
            environment = {**os.environ, **self.environment}
            self._process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        end = time.monotonic() + _DEADLINE
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and self._pid.exists():
                    return
            with suppress(subprocess.TimeoutExpired):  # its death ends the waiting at once
                self._process.wait(0.01)
                raise AssertionError((self.folder / "kdc.out").read_text())
        raise AssertionError("The KDC does not listen.")

    def stop(self) -> None:
        """Refuse every connection from now on."""
        if self._process is not None:
            # To the KDC itself: faketime stands between, ends after it, and then cleans up
            os.kill(int(self._pid.read_text(encoding="ascii")), signal.SIGTERM)
            self._process.wait(_DEADLINE)
            self._process = None
            self._pid.unlink(missing_ok=True)
        if self._hole is not None:
            self._hole.close()
            self._hole = None

    def swallow(self) -> None:
        """Take connections from now on, and answer nothing."""
        self.stop()
        self._hole = socket.create_server(("127.0.0.1", self.port), backlog=100)

    def said(self, words: str) -> int:
        """How often the KDC's log says so."""
        log = self.folder / "kdc.log"
        return log.read_text(encoding="utf-8", errors="replace").count(words) if log.exists() else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def kdc(folder: Path) -> Generator[Kdc]:
    """A running KDC, which this process's Kerberos libraries find."""
    demand()
    one = Kdc(folder)
    one.create()
    before = {name: os.environ.get(name) for name in one.environment}
    os.environ.update(one.environment)
    try:
        one.start()
        yield one
    finally:
        one.stop()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
