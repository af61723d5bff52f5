"""The users that a pool homes, and which pool serves some of them now, as CSV.

python3 users_of_pool.py lyncops.toml pool1.contoso.com --ask 10

`client.ask` gives the objects of a cmdlet or raises: a question that failed never looks like a
pool without users.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence

import lyncops
from lyncops.cmdlets import GetCsUser, GetCsUserPoolInfo, User


def main() -> int:
    """Ask, and write the rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="the path of lyncops.toml")
    parser.add_argument("pool", help="the pool that homes the users")
    parser.add_argument(
        "--ask", type=int, default=10, metavar="NUMBER", help="of how many to ask who serves them"
    )
    options = parser.parse_args()
    try:
        pool = lyncops.Fqdn(options.pool)
        with lyncops.connect(options.config) as client:
            users = client.ask(GetCsUser(filter=f"RegistrarPool -eq '{pool}'"))
            served = served_by(client, users[: options.ask])
    except lyncops.LyncOpsError as error:
        print(error, file=sys.stderr)
        return 1
    csv.writer(sys.stdout).writerows(rows(users, served))
    return 0


def served_by(client: lyncops.Client, users: Sequence[User]) -> dict[str, str]:
    """The pool whose user services each of them has now."""
    found: dict[str, str] = {}
    for user in users:
        if user.sip_address is not None:
            (info,) = client.ask(GetCsUserPoolInfo(identity=user.sip_address))
            found[user.sip_address] = info.user_services_pool_fqdn or "not known"
    return found


def rows(users: Sequence[User], served: dict[str, str]) -> Iterator[Sequence[str]]:
    """A head, and a row for each user."""
    yield "address", "home pool", "served by"
    for user in users:
        yield (
            user.sip_address or "",
            user.registrar_pool or "",
            served.get(user.sip_address or "", ""),
        )


if __name__ == "__main__":
    sys.exit(main())
