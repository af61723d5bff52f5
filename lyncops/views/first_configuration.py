"""A first `lyncops.toml`, with words beside each line."""

from __future__ import annotations

import json
from collections.abc import Iterator

import attrs

from lyncops.values import Fqdn


@attrs.frozen(slots=True, kw_only=True)
class FirstConfiguration:
    """What somebody said about a deployment."""

    name: str
    urls: tuple[str, ...]
    edges: tuple[Fqdn, ...] = ()
    auth: str = "negotiate"
    username: str = ""
    password_env: str = ""


def configuration_text(chosen: FirstConfiguration) -> str:
    """The text of the file. Every key is in docs/configuration.md."""
    return "\n".join(_lines(chosen)) + "\n"


def _lines(chosen: FirstConfiguration) -> Iterator[str]:
    yield "# Where the servers of one deployment are, and how to log on. A key that lyncops does"
    yield "# not know is an error. All keys: docs/configuration.md. Check it: lyncops doctor"
    yield ""
    yield "[deployment]"
    yield f"name = {_text(chosen.name)}  # in plans, runs and reports; a lock holds within it"
    yield '# version = "2013"  # 2013, 2015 or 2019; without it the servers are asked'
    yield ""
    yield "# The servers to try, in this order. Name Front Ends of both sites: in a disaster the"
    yield "# usual one is the one that is down."
    for url in chosen.urls:
        yield "[[endpoint]]"
        yield f"url = {_text(url)}"
        yield f"auth = {_text(chosen.auth)}  # negotiate, kerberos, ntlm, credssp, certificate"
        yield '# pool = "pool1.contoso.com"  # the pool that it belongs to: some steps need one'
        yield '# ca = "contoso-ca.pem"  # certificates to trust, in place of the system\'s'
        yield ""
    yield "# Edge servers are in no domain and answer for themselves alone."
    for edge in chosen.edges:
        yield "[[machine]]"
        yield f"name = {_text(edge)}"
        yield f"url = {_text(f'https://{edge}:5986/wsman')}"
        yield ""
    if not chosen.edges:
        yield "# [[machine]]"
        yield '# name = "edge1-1.contoso.com"'
        yield '# url = "https://edge1-1.contoso.com:5986/wsman"'
        yield ""
    yield from _credentials(chosen)
    yield ""
    yield "[journal]"
    yield "# What was done is kept in lyncops.db beside this file. Where several people work from"
    yield "# several computers, share a PostgreSQL (docs/journal.md):"
    yield '# url = "postgresql://lyncops@db.contoso.com/lyncops?sslmode=verify-full"'


def _credentials(chosen: FirstConfiguration) -> Iterator[str]:
    if not chosen.username:
        yield "# Without this table a Kerberos ticket is used. Never write a password in this file."
        yield "# [credentials]"
        yield '# username = "admin@CONTOSO.COM"'
        yield '# password_env = "LYNC_PASSWORD"  # or password_prompt = true'
        return
    yield "[credentials]  # never the password itself"
    yield f"username = {_text(chosen.username)}"
    if chosen.password_env:
        yield f"password_env = {_text(chosen.password_env)}  # the variable that holds it"
    else:
        yield "password_prompt = true  # asked for at each start; or: password_env"


def _text(value: str) -> str:
    """A basic string of TOML, which has the escapes of JSON."""
    return json.dumps(value, ensure_ascii=False)
