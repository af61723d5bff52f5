"""What a server needs from time to time: certificates that do not end, and the updates that its
pair has.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from lyncops.values import Fqdn, Unread


@attrs.frozen(slots=True, kw_only=True)
class CertificateSeen:
    """A certificate that a Lync service uses. `until` is None if the answer does not give it."""

    use: str
    until: datetime | None


@attrs.frozen(slots=True, kw_only=True)
class MachineCare:
    """One server's certificates, and the builds of its components by name."""

    machine: Fqdn
    certificates: tuple[CertificateSeen, ...] | Unread
    builds: tuple[str, ...] | Unread
