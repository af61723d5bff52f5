from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.deployment.model import BackupServiceSettings
from lyncops.deployment.scope import Facet
from lyncops.plan.conditions import AuthorizedGroupsAre
from lyncops.values import Unread
from tests.deployments import two_sites

GROUPS = AuthorizedGroupsAre(("RTCUniversalServerAdmins", "Helpers"))


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (("RTCUniversalServerAdmins", "Helpers"), True),
        (("helpers", "CONTOSO\\rtcuniversalserveradmins"), True),
        (("Helpers",), False),
        (("RTCUniversalServerAdmins", "Helpers", "Others"), False),
        ((), False),
    ],
)
def test_groups_compare_in_any_order_and_case_with_or_without_their_domain(
    found: tuple[str, ...], *, holds: bool
) -> None:
    settings = BackupServiceSettings(
        sync_interval=timedelta(minutes=2), authorized_universal_groups=found
    )
    truth = GROUPS.evaluate(attrs.evolve(two_sites(), backup_service=settings))
    assert truth.holds is holds
    assert all(name in truth.evidence for name in found)


def test_a_configuration_that_cannot_be_read_leaves_it_open() -> None:
    truth = GROUPS.evaluate(
        attrs.evolve(two_sites(), backup_service=Unread("the configuration", "access is denied"))
    )
    assert truth.holds is None
    assert "access is denied" in truth.evidence
    assert GROUPS.scope.facets == {Facet.SETTINGS}
    assert "Helpers" in str(GROUPS)
