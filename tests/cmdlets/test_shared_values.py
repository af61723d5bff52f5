from __future__ import annotations

import pytest
from hypothesis import given

from lyncops.errors import InvalidValueError, LyncOpsError
from lyncops.values import (
    ANYWHERE,
    DotNetVersion,
    Fqdn,
    LyncVersion,
    OnMachine,
    OnPool,
    RemoteEnum,
    RemoteObject,
    ServiceId,
    SiteName,
    Unread,
)
from tests.cmdlets.instances import FQDNS


@given(FQDNS)
def test_names_compare_as_dns_compares_them(name: str) -> None:
    assert Fqdn(f" {name.upper()}. ") == Fqdn(name) == name
    assert hash(Fqdn(name.upper())) == hash(Fqdn(name))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a b",
        "a..b",
        "-a.b",
        "a-.b",
        "pool1.contoso.com:443",
        "x" * 64,
        "a." * 130 + "a",
        "ä.com",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="is not a fully qualified domain name"):
        _ = Fqdn(text)


def test_a_site_is_called_by_its_bare_name_in_any_case() -> None:
    assert SiteName("SITE:Redmond") == SiteName("redmond") == "REDMOND"
    assert str(SiteName("site:Redmond")) == "Redmond"
    assert len({SiteName("Redmond"), SiteName("redmond")}) == 1
    assert SiteName("Redmond") != SiteName("Dublin")
    assert SiteName("North: 2") == "North: 2"


@pytest.mark.parametrize("text", ["", "  ", "site:"])
def test_a_site_without_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="is not the name of a site"):
        _ = SiteName(text)


@pytest.mark.parametrize(
    "text", ["EdgeServer:edge.contoso.com", "Service:EdgeServer:EDGE.contoso.com"]
)
def test_the_identity_of_a_service(text: str) -> None:
    assert str(ServiceId.parse(text)) == "EdgeServer:edge.contoso.com"


@pytest.mark.parametrize(
    "text", ["edge.contoso.com", "EdgeServer:", ":edge", "a:b:c", "EdgeServer:a b"]
)
def test_what_is_no_identity_of_a_service_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        _ = ServiceId.parse(text)


@pytest.mark.parametrize(
    ("version", "product"),
    [
        (LyncVersion.V2010, "Lync Server 2010"),
        (LyncVersion.V2013, "Lync Server 2013"),
        (LyncVersion.V2015, "Skype for Business Server 2015"),
        (LyncVersion.V2019, "Skype for Business Server 2019"),
    ],
)
def test_products_are_called_as_microsoft_calls_them(version: LyncVersion, product: str) -> None:
    assert version.product == product


def test_a_version_of_dotnet() -> None:
    assert str(DotNetVersion.parse(" 7.0.2046.0 ")) == "7.0.2046.0"
    for text in ("7", "7.x", "1.2.3.4.5"):
        with pytest.raises(InvalidValueError, match="is not a version number"):
            _ = DotNetVersion.parse(text)


def test_remote_values_show_what_the_server_said() -> None:
    assert str(RemoteEnum("FailedOver", 2)) == "FailedOver"
    assert str(RemoteEnum(None, 2)) == "2"
    assert str(RemoteObject({"A": 1}, text="told")) == "told"
    assert str(RemoteObject({"A": 1, "B": "x"})) == "@{A=1; B=x}"


def test_properties_are_found_in_any_case_and_the_first_name_wins() -> None:
    item = RemoteObject({"PoolFqdn": "a", "Identity": "b"})
    assert (item.get("missing", "identity", "poolfqdn"), item.get("missing"), list(item)) == (
        "b",
        None,
        ["PoolFqdn", "Identity"],
    )


def test_places_and_gaps_in_words() -> None:
    pool = Fqdn("pool1.contoso.com")
    assert (str(ANYWHERE), str(OnPool(pool)), str(OnMachine(pool))) == (
        "the server in use, else the first endpoint that answers",
        f"a Front End of {pool}",
        pool,
    )
    assert str(Unread("the sites", "refused")) == "the sites could not be read: refused"


def test_an_error_tells_what_happened_and_what_to_do() -> None:
    assert str(LyncOpsError("It broke.", remedy="Mend it.")) == "It broke. Mend it."
    assert str(LyncOpsError("It broke.")) == "It broke."
