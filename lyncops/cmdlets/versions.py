"""Which product generation a version number means: servers number products, services and sentences
differently.

(fact: service-objects)
"""

from __future__ import annotations

import re
from typing import Final

from lyncops.cmdlets.reading import as_int, as_text
from lyncops.values import DotNetVersion, LyncVersion

_OF_PRODUCT: Final = {
    4: LyncVersion.V2010,
    5: LyncVersion.V2013,
    6: LyncVersion.V2015,
    7: LyncVersion.V2019,
}
_OF_SERVICE: Final = {
    5: LyncVersion.V2010,
    6: LyncVersion.V2013,
    7: LyncVersion.V2015,
    8: LyncVersion.V2019,
}
_NUMBER: Final = re.compile(r"(?<![\d.])([4-7])\.0\.\d{4,5}(?:\.\d+)?(?![\d.])", re.ASCII)
_YEAR: Final = re.compile(
    r"(?:Lync Server|Skype for Business Server) (2010|2013|2015|2019)", re.IGNORECASE
)


def lync_version_of_product(text: str) -> LyncVersion | None:
    """The generation of a product version: a replica's `5.0.8308.0`, or the sentence of
    Get-CsServerVersion with one in it.

    Product versions count 4.x = 2010, 5.x = 2013, 6.x = 2015, 7.x = 2019. None where the text has
    neither a number nor a name.
    """
    number, year = _NUMBER.search(text), _YEAR.search(text)
    if number is not None:
        return _OF_PRODUCT[int(number[1])]
    if "subscription edition" in text.casefold():
        return LyncVersion.V2019
    return LyncVersion(year[1]) if year is not None else None


def lync_version_of_service(version: int | None) -> LyncVersion | None:
    """The generation of a service's `Version`: 5 = 2010, 6 = 2013, 7 = 2015, 8 = 2019; None
    for any other number.
    """
    return _OF_SERVICE.get(version) if version is not None else None


def as_service_version(value: object) -> int | None:
    """The number of a service's version; also of the product's, so that a System.Version
    6.0.9319.0, which is 2015's, gives 7.
    """
    number = as_int(value)
    if number is not None:
        return number
    product = lync_version_of_product(
        str(value) if isinstance(value, DotNetVersion) else as_text(value) or ""
    )
    return next((service for service, version in _OF_SERVICE.items() if version is product), None)
