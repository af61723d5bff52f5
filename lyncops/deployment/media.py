"""The Edge pools that the services of a pool use for media, each service by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lyncops.cmdlets import Service
from lyncops.deployment.gaps import MEDIA_EDGE, Gaps, Part, contradiction
from lyncops.deployment.model import MediaEdge
from lyncops.values import ServiceId

USE_MEDIA: Final = ("Registrar", "ConferencingServer", "ConferenceServer", "MediationServer")
"""The roles that use an Edge pool for media (fact: media-edge)."""


def media_edges(told: Mapping[ServiceId, Sequence[Service]], gaps: Gaps) -> tuple[MediaEdge, ...]:
    """Per service, of all answers about it; what they leave open is noted."""
    found: list[MediaEdge] = []
    for service, answers in told.items():
        edges = tuple(
            dict.fromkeys(
                answer.edge_server.pool if answer.edge_server else None for answer in answers
            )
        )
        why = next(filter(None, (answer.gap("edge_server") for answer in answers)), None)
        if len(edges) > 1:
            why = contradiction(edge or "none" for edge in edges)
        if why is not None:
            gaps.note(
                Part.POOLS,
                f"the Edge pool for media of {service}",
                why,
                pool=service.pool,
                item=MEDIA_EDGE,
            )
        found.append(MediaEdge(service, next(iter(edges), None)))
    return tuple(found)
