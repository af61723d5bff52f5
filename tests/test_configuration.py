from __future__ import annotations

import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.configuration.passwords import FromEnvironment, FromKeyring, FromPrompt, Secret
from lyncops.configuration.settings import Configuration, load_configuration
from lyncops.errors import ConfigurationError, InvalidValueError
from lyncops.remoting.endpoint import Auth, ChannelBinding, TlsVersion
from lyncops.remoting.retry import RetryPolicy
from lyncops.runs.journal import open_journal
from lyncops.text.durations import parse_duration
from lyncops.values import LyncVersion

ENDPOINT = '[[endpoint]]\nurl = "https://fe1.contoso.com/OcsPowershell"\n'
SIGN_IN = '[credentials]\nusername = "CONTOSO\\\\admin"\npassword_env = "LYNCOPS_PASSWORD"\n'
WHOLE = """
[deployment]
name = "contoso"
version = "SE"
plan_age = "30m"

[[endpoint]]
url = "https://fe2.contoso.com/OcsPowershell"
auth = "ntlm"
connect_to = "127.0.0.1:5985"
ca = "ca.pem"
pool = "Pool2.contoso.com"
machine = "FE2.contoso.com"
operation_timeout = "10s"
read_timeout = "15s"

[[endpoint]]
url = "http://fe1.contoso.com:5985/wsman"
module = "Lync"
configuration = "Microsoft.PowerShell32"
delegate = true

[[machine]]
name = "edge1.contoso.com"
url = "https://10.0.0.1:5986/wsman"
auth = "basic"
username = "EDGE1\\\\admin"
password_keyring = "lync edge"

[credentials]
username = "CONTOSO\\\\admin"
password_env = "LYNCOPS_PASSWORD"

[retry]
poll_interval = "200ms"
settle = "5m"
read_attempts = 7
probe_delay = "00:00:03"

[journal]
url = "sqlite:///runs/lyncops.db"
"""


def load(folder: Path, text: str) -> Configuration:
    file = folder / "lyncops.toml"
    file.write_text(text, encoding="utf-8")
    return load_configuration(file)


def test_everything_that_can_be_said_is_understood(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("certificate")
    configuration = load(tmp_path, WHOLE)
    assert (configuration.name, configuration.version) == ("contoso", LyncVersion.V2019)
    first, second, edge = (address.endpoint for address in configuration.addresses)
    assert (first.auth, first.pool, first.machine, first.ca) == (
        Auth.NTLM,
        "pool2.contoso.com",
        "fe2.contoso.com",
        tmp_path / "ca.pem",
    )
    assert (str(first.connect_to), first.read_timeout, first.operation_timeout) == (
        "127.0.0.1:5985",
        timedelta(seconds=15),
        timedelta(seconds=10),
    )
    assert (second.module, second.configuration, second.delegate, second.dedicated) == (
        "Lync",
        "Microsoft.PowerShell32",
        True,
        False,
    )
    assert (edge.machine, edge.dedicated, edge.auth) == ("edge1.contoso.com", True, Auth.BASIC)
    own = configuration.addresses[2].sign_in
    assert own is not None
    assert own.source == FromKeyring("lync edge")
    assert configuration.retry == RetryPolicy(read_attempts=7, probe_delay=timedelta(seconds=3))
    assert configuration.poll_interval == timedelta(milliseconds=200)
    assert configuration.settle == timedelta(minutes=5)
    assert configuration.plan_age == timedelta(minutes=30)
    assert configuration.journal_url == f"sqlite:///{tmp_path}/runs/lyncops.db"


def test_little_is_enough(tmp_path: Path) -> None:
    configuration = load(tmp_path, ENDPOINT + SIGN_IN)
    assert (configuration.version, configuration.retry) == (None, RetryPolicy())
    assert (configuration.poll_interval, configuration.settle) == (None, None)
    assert configuration.plan_age == timedelta(hours=1)
    assert configuration.journal_url == f"sqlite:///{tmp_path}/lyncops.db"


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "postgres"])
def test_a_journal_that_is_no_file_stays_where_it_is(tmp_path: Path, scheme: str) -> None:
    configuration = load(
        tmp_path,
        f'{ENDPOINT}{SIGN_IN}[journal]\nurl = "{scheme}://anna@db/lyncops?sslmode=require"\ntimeout'
        ' = "3s"',
    )
    assert configuration.journal_url == "postgresql+psycopg://anna@db/lyncops?sslmode=require"
    assert configuration.journal_timeout == timedelta(seconds=3)


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "50% off? #1 a%20b"
    folder.mkdir()
    url = load(folder, ENDPOINT + SIGN_IN).journal_url
    open_journal(url).close()
    assert (folder / "lyncops.db").exists()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("auth", ["certificate", "kerberos", "negotiate"])
def test_certificates_and_tickets_need_no_user(tmp_path: Path, auth: str) -> None:
    for name in ("c.pem", "k.pem"):
        (tmp_path / name).write_text("x")
    files = 'certificate = "c.pem"\ncertificate_key = "k.pem"\n' if auth == "certificate" else ""
    configuration = load(tmp_path, f'{ENDPOINT}auth = "{auth}"\n{files}')
    assert configuration.sign_in is None


def test_how_to_log_on_can_be_said_in_detail(tmp_path: Path) -> None:
    more = (
        'spn_service = "HTTP"\nspn_host = "pool1.contoso.com"\nchannel_binding = "off"\ntls_minimum'
        ' = "TLSv1.0"\n'
    )
    (address,) = load(tmp_path, f'{ENDPOINT}{more}answer_limit = "64 MB"\n').addresses
    endpoint = address.endpoint
    assert (endpoint.spn_service, endpoint.spn_host) == ("HTTP", "pool1.contoso.com")
    assert (endpoint.channel_binding, endpoint.tls_minimum) == (
        ChannelBinding.OFF,
        TlsVersion.TLS_1_0,
    )
    assert endpoint.answer_limit == 64 * 1024 * 1024


WRONG = {
    "service name with a slash": (
        f'{ENDPOINT}spn_service = "HTTP/fe1"\n',
        ["[[endpoint]] 1", "spn_service"],
    ),
    "unknown channel binding": (
        f'{ENDPOINT}channel_binding = "maybe"\n',
        ["channel_binding", "auto, off, required"],
    ),
    "channel binding without TLS": (
        '[[endpoint]]\nurl = "http://fe1/wsman"\nchannel_binding = "required"\n',
        ["channel_binding", "cannot be bound"],
    ),
    "unknown TLS": (f'{ENDPOINT}tls_minimum = "ssl3"\n', ["tls_minimum", "1.2"]),
    "TLS without TLS": (
        '[[endpoint]]\nurl = "http://fe1/wsman"\ntls_minimum = "1.2"\n',
        ["tls_minimum", "without TLS"],
    ),
    "no size": (f'{ENDPOINT}answer_limit = "much"\n', ["answer_limit", "64 MB"]),
    "too small a limit": (f'{ENDPOINT}answer_limit = "1 kB"\n', ["answer_limit", "1 MB"]),
    "broken TOML": ("[deployment\n", ["is not valid TOML", "line 1"]),
    "unknown table": (
        f"[retries]\n{ENDPOINT}{SIGN_IN}",
        ["retries: this field does not exist", "Did you mean retry?"],
    ),
    "unknown field": (
        f'{ENDPOINT}ulr = "x"\n{SIGN_IN}',
        ["[[endpoint]] 1, ulr", "Did you mean url?"],
    ),
    "unknown field, nothing like it": (
        f'{ENDPOINT}zzz = "x"\n{SIGN_IN}',
        ["[[endpoint]] 1, zzz", "Known here: answer_limit"],
    ),
    "no endpoint": (SIGN_IN, ["[[endpoint]]: there is none", "OcsPowershell"]),
    "one bracket": (
        '[endpoint]\nurl = "https://a.b/OcsPowershell"',
        ["endpoint", "double brackets"],
    ),
    "no url": ("[[endpoint]]\n" + SIGN_IN, ["[[endpoint]] 1, url: is missing"]),
    "bad url": (
        '[[endpoint]]\nurl = "ftp://fe1"\n' + SIGN_IN,
        ["[[endpoint]] 1: url: 'ftp://fe1'"],
    ),
    "credentials in the url": (
        '[[endpoint]]\nurl = "https://u:geheim@fe1/wsman"\n' + SIGN_IN,
        ["contains credentials"],
    ),
    "bad auth": (
        f'{ENDPOINT}auth = "digest"\n{SIGN_IN}',
        ["[[endpoint]] 1: auth: 'digest'", "negotiate"],
    ),
    "basic in the clear": (
        '[[endpoint]]\nurl = "http://fe1/wsman"\nauth = "basic"\n' + SIGN_IN,
        ["[[endpoint]] 1", "basic over http"],
    ),
    "certificate without key": (
        f'{ENDPOINT}auth = "certificate"\n',
        ["[[endpoint]] 1", "certificate_key"],
    ),
    "bad pool": (
        f'{ENDPOINT}pool = "pool one"\n{SIGN_IN}',
        ["[[endpoint]] 1, pool: 'pool one'", "pool1.contoso.com"],
    ),
    "wrong type": (
        "[[endpoint]]\nurl = 5\n" + SIGN_IN,
        ["[[endpoint]] 1, url: 5 is not a text in quotes"],
    ),
    "bool for a number": (
        f"{ENDPOINT}{SIGN_IN}[retry]\nprobes = true",
        ["[retry], probes: True is not a whole number"],
    ),
    "empty text": (f'{ENDPOINT}pool = " "\n{SIGN_IN}', ["pool: is empty"]),
    "table as text": (f'journal = "x"\n{ENDPOINT}{SIGN_IN}', ["journal: is a table", "[journal]"]),
    "no CA file": (
        f'{ENDPOINT}ca = "none.pem"\n{SIGN_IN}',
        ["[[endpoint]] 1, ca: the file", "none.pem does not exist"],
    ),
    "bad duration": (
        f'{ENDPOINT}{SIGN_IN}[retry]\nprobe_delay = "soon"',
        ["[retry], probe_delay: 'soon' is not a duration"],
    ),
    "policy without sense": (f"{ENDPOINT}{SIGN_IN}[retry]\nprobes = 0", ["[retry]", "probes is 0"]),
    "no polling pause": (
        f'{ENDPOINT}{SIGN_IN}[retry]\npoll_interval = "0s"',
        ["[retry], poll_interval: is zero"],
    ),
    "no time to settle": (
        f'{ENDPOINT}{SIGN_IN}[retry]\nsettle = "0s"',
        ["[retry], settle: is zero", "5m"],
    ),
    "a plan that is old at once": (
        f'[deployment]\nplan_age = "0s"\n{ENDPOINT}{SIGN_IN}',
        ["[deployment], plan_age: is zero", "1h"],
    ),
    "an export of what is not exported": (
        f'{ENDPOINT}{SIGN_IN}[exports]\nusers = "users-*.zip"',
        ["[exports]", "users"],
    ),
    "bad version": (
        f'[deployment]\nversion = "2010"\n{ENDPOINT}{SIGN_IN}',
        ["[deployment], version:", "'2010'", "auto"],
    ),
    "machine without name": (
        f"{ENDPOINT}[[machine]]\nurl = 'https://e/wsman'\n{SIGN_IN}",
        ["[[machine]] 1, name: is missing"],
    ),
    "nobody to sign in": (
        f'{ENDPOINT}auth = "ntlm"\n',
        ["[credentials]: there is no username for https://fe1.contoso.com"],
    ),
    "password": (
        f'{ENDPOINT}{SIGN_IN}password = "geheim"',
        ["[credentials], password", "copied, mailed and backed up"],
    ),
    "password of a machine": (
        f'{ENDPOINT}passwd = "geheim"\n{SIGN_IN}',
        ["[[endpoint]] 1, passwd", "password_env"],
    ),
    "password in the journal's url": (
        f'{ENDPOINT}{SIGN_IN}[journal]\nurl = "postgresql://u:geheim@h/d"',
        ["[journal], url: The journal's url has a password in it"],
    ),
    "password in the query of the journal's url": (
        f'{ENDPOINT}{SIGN_IN}[journal]\nurl = "postgresql://u@h/d?sslmode=require&passWord=geheim"',
        ["[journal], url: The journal's option passWord of its url has a password in it"],
    ),
    "password of the journal's key": (
        f'{ENDPOINT}{SIGN_IN}[journal]\nurl = "postgresql://u@h/d?sslpassword=geheim"',
        ["sslpassword"],
    ),
    "password in a url of another kind": (
        f'{ENDPOINT}{SIGN_IN}[journal]\nurl = "mysql://u:geheim@h/d"',
        ["kind 'mysql'"],
    ),
    "password in what is no url": (
        f'{ENDPOINT}{SIGN_IN}[journal]\nurl = "u:geheim@h/d"',
        ["this is no database url"],
    ),
    "journal in memory": (
        f'{ENDPOINT}{SIGN_IN}[journal]\nurl = "sqlite://"',
        ["[journal], url: A journal in memory"],
    ),
    "no time for the journal": (
        f'{ENDPOINT}{SIGN_IN}[journal]\ntimeout = "0s"',
        ["[journal], timeout: is zero"],
    ),
    "journal without url": (
        f'{ENDPOINT}{SIGN_IN}[journal]\nurl = "lyncops.db"',
        ["[journal], url", "this is no database url"],
    ),
    "journal with broken url": (
        f'{ENDPOINT}{SIGN_IN}[journal]\nurl = "postgresql://[::1/d"',
        ["[journal], url", "cannot be read"],
    ),
    "no source of the password": (
        f'{ENDPOINT}[credentials]\nusername = "u"',
        ["no source of the password of u"],
    ),
    "two sources": (f"{ENDPOINT}{SIGN_IN}password_prompt = true", ["several sources"]),
    "nobody": (
        f'{ENDPOINT}[credentials]\npassword_env = "X"',
        ["[credentials], username: is missing"],
    ),
}


@pytest.mark.parametrize(("text", "told"), list(WRONG.values()), ids=list(WRONG))
def test_what_cannot_be_used_is_told_with_file_field_and_cure(
    tmp_path: Path, text: str, told: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert str(tmp_path / "lyncops.toml") in message
    assert caught.value.remedy
    assert [part for part in told if part not in message] == []
    assert "geheim" not in message


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        load_configuration(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load_configuration(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe4"')
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_configuration(tmp_path / "latin.toml")


def test_a_password_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LYNCOPS_PASSWORD", "geheim")
    configuration = load(tmp_path, ENDPOINT + SIGN_IN)
    assert configuration.sign_in is not None
    credentials = configuration.sign_in.credentials()
    assert (credentials.username, credentials.password) == ("CONTOSO\\admin", "geheim")
    assert "geheim" not in repr(credentials)
    assert configuration.addresses[0].resolved().credentials is None
    monkeypatch.delenv("LYNCOPS_PASSWORD")
    with pytest.raises(ConfigurationError, match="LYNCOPS_PASSWORD, which is not set"):
        configuration.sign_in.credentials()


def test_a_password_is_asked_for_only_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["geheim", ""])

    def ask(prompt: str) -> str:
        assert prompt == "Password of anna: "
        return next(answers)

    monkeypatch.setattr("getpass.getpass", ask)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert FromPrompt().password("anna").reveal() == "geheim"
    with pytest.raises(ConfigurationError, match="No password was typed for anna"):
        FromPrompt().password("anna")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(ConfigurationError, match="not a terminal"):
        FromPrompt().password("anna")


def stored(service: str, user: str) -> str | None:
    return "geheim" if (service, user) == ("lync edge", "EDGE1\\admin") else None


def test_a_password_comes_from_the_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keyring = ModuleType("keyring")
    vars(keyring)["get_password"] = stored
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    (tmp_path / "ca.pem").write_text("certificate")
    edge = load(tmp_path, WHOLE).addresses[2].resolved()
    assert edge.credentials is not None
    assert edge.credentials.password == "geheim"
    with pytest.raises(ConfigurationError, match="has no password for anna"):
        FromKeyring("lync edge").password("anna")


def test_a_keyring_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match=r'pip install "lyncops\[keyring\]"'):
        FromKeyring("service").password("anna")


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("geheim")
    assert "geheim" not in f"{secret} {secret!r} {FromEnvironment('X')!r}"
    assert secret.reveal() == "geheim"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("200ms", 0.2),
        ("30s", 30),
        ("5m", 300),
        ("1h", 3600),
        ("1h30m", 5400),
        ("2d", 172800),
        ("01:30:05", 5405),
        (" 1.5 H ", 5400),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "s", "-5s", "5 weeks", "1:2:3", "00:61:00", "9" * 30 + "d", "1e3s", "٣s"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(InvalidValueError, match="is not a duration"):
        parse_duration(text)


@given(st.integers(0, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_any_number_with_a_unit_is_a_duration(number: int, unit: str) -> None:
    assert parse_duration(f"{number}{unit}") == number * parse_duration(f"1{unit}")


@given(st.text())
def test_any_other_text_is_refused_and_nothing_else_is_raised(text: str) -> None:
    with suppress(InvalidValueError):
        assert parse_duration(text) >= timedelta()


NETWORK = (
    '[network]\nresolver = "192.0.2.53"\ntimeout = "1s"\n[network.connect_to]\n"192.0.2.1:5269" ='
    ' "127.0.0.1:40001"\n'
)


def test_the_network_outside_is_asked_as_configured(tmp_path: Path) -> None:
    lookups = load(tmp_path, ENDPOINT + SIGN_IN + NETWORK).lookups
    assert str(lookups.resolver) == "192.0.2.53:53"
    assert lookups.timeout == timedelta(seconds=1)
    assert {str(outer): str(inner) for outer, inner in lookups.connect_to.items()} == {
        "192.0.2.1:5269": "127.0.0.1:40001"
    }
    assert load(tmp_path, ENDPOINT + SIGN_IN).lookups.resolver is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('resolver = "dns.contoso.com"', "[network], resolver"),
        ('timeout = "0s"', "timeout: is zero"),
        ('dns = "192.0.2.1"', "this field does not exist"),
        ('connect_to = { "192.0.2.1" = "127.0.0.1:1" }', "'192.0.2.1' is not an IP address"),
        ('connect_to = { "192.0.2.1:5269" = "elsewhere" }', "'elsewhere' is not an IP address"),
    ],
)
def test_a_wrong_network_section_is_told_with_its_place(
    tmp_path: Path, wrong: str, told: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, f"{ENDPOINT}{SIGN_IN}[network]\n{wrong}\n")
    assert told in str(caught.value)


def test_notices_have_their_secrets_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[notify]\ntargets = ["mailto://me:${MAIL}@mail.contoso.com"]\nstates = ["unknown"]\n'
    notify = load(tmp_path, ENDPOINT + SIGN_IN + text).notify
    assert notify.states == ("unknown",)
    monkeypatch.setenv("MAIL", "hunter2")
    assert notify.urls() == ("mailto://me:hunter2@mail.contoso.com",)
    assert "hunter2" not in repr(notify)
    assert load(tmp_path, ENDPOINT + SIGN_IN).notify.targets == ()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('targets = "json://here"', "targets: is not a list of texts"),
        ('targets = ["me@contoso.com"]', "'me@contoso.com' is not a URL"),
        ('targets = ["mailto://me:secret@mail.contoso.com"]', "a password does not belong"),
        ('states = ["complete"]', "Did you mean completed?"),
        ('target = "x"', "Did you mean targets?"),
    ],
)
def test_a_wrong_notify_section_is_told_with_its_place(
    tmp_path: Path, wrong: str, told: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, f"{ENDPOINT}{SIGN_IN}[notify]\n{wrong}\n")
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
