from __future__ import annotations

import pytest

from lyncops.cmdlets import (
    GetCsServerVersion,
    ServerVersion,
    lync_version_of_product,
    lync_version_of_service,
)
from lyncops.values import LyncVersion, RemoteObject


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            "Microsoft Lync Server 2010 (4.0.7577.0): Volume license key installed.",
            LyncVersion.V2010,
        ),
        ("Microsoft Lync Server 2013 (5.0.8308.0): Evaluation trial installed.", LyncVersion.V2013),
        (
            "Skype for Business Server 2015 (6.0.9319.0): Volume license key installed.",
            LyncVersion.V2015,
        ),
        (
            "Skype for Business Server 2019 (7.0.2046.0): Volume license key installed.",
            LyncVersion.V2019,
        ),
        ("Microsoft Skype for Business Server 2015", LyncVersion.V2015),
        ("Skype for Business Server Subscription Edition", LyncVersion.V2019),
        ("7.0.2046.0", LyncVersion.V2019),
        ("5.0.8308.1149", LyncVersion.V2013),
        ("6.0.9319", LyncVersion.V2015),
        ("Exchange 15.0.1497.2", None),
        ("", None),
    ],
)
def test_product_versions(text: str, version: LyncVersion | None) -> None:
    assert lync_version_of_product(text) is version


@pytest.mark.parametrize(
    ("number", "version"),
    [
        (5, LyncVersion.V2010),
        (6, LyncVersion.V2013),
        (7, LyncVersion.V2015),
        (8, LyncVersion.V2019),
        (4, None),
        (9, None),
        (None, None),
    ],
)
def test_service_versions_count_differently(
    number: int | None, version: LyncVersion | None
) -> None:
    assert lync_version_of_service(number) is version


@pytest.mark.parametrize(
    "item",
    [
        "Microsoft Lync Server 2013 (5.0.8308.0): Volume",
        RemoteObject(text="Microsoft Lync Server 2013 (5.0.8308.0): Volume"),
        RemoteObject({"version": "5.0.8308.0"}),
    ],
)
def test_the_server_tells_its_version(item: object) -> None:
    assert GetCsServerVersion.decode(item).version is LyncVersion.V2013


def test_subscription_edition_is_read_as_2019_and_called_by_its_own_name() -> None:
    told = GetCsServerVersion.decode(
        "Skype for Business Server Subscription Edition (7.0.2046.530): Subscription installed."
    )
    assert (told.version, told.own_name) == (
        LyncVersion.V2019,
        "Skype for Business Server Subscription Edition",
    )
    assert GetCsServerVersion.decode("Skype for Business Server 2019 (7.0.2046.0)").own_name == ""


def test_a_sentence_that_says_nothing_known_is_kept() -> None:
    assert ServerVersion.decode("hello") == ServerVersion(text="hello")
    assert ServerVersion(text=None).version is None
