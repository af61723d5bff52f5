"""A deployment as a page shows it: the picture between the heading and the tables."""

from __future__ import annotations

from lyncops.deployment.model import Deployment
from lyncops.views.html.blocks import html_of
from lyncops.views.html.markup import Markup, joined, unfolding
from lyncops.views.html.topology import topology_html
from lyncops.views.status import attention_blocks, detail_blocks


def deployment_html(deployment: Deployment) -> Markup:
    """What deserves attention, the picture, and all tables to unfold."""
    return joined(
        (
            html_of(attention_blocks(deployment)),
            topology_html(deployment),
            unfolding("all of it as tables", html_of(detail_blocks(deployment))),
        )
    )
