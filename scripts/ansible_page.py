"""The session on the page about Ansible, `docs/ansible.md`, played with the real
`ansible-playbook`.
"""

from __future__ import annotations

from typing import Final

from typed_page import Typed

_RECAP: Final = "contoso      "
_AROUND: Final = "-i inventory.yml"
SESSION: Final = (
    Typed(
        f"ansible-playbook lyncops.dr.readiness {_AROUND}",
        keep=("could be failed over now.", _RECAP),
        about="Could every pool be failed over now?",
    ),
    Typed(
        f"ansible-playbook lyncops.dr.evacuate {_AROUND} -e site=Site1 --check --diff",
        keep=("Possible now", "Expected data loss", "Invoke-CsPoolFailOver", _RECAP),
        about="What would be done to evacuate a site? Nothing is changed",
    ),
    Typed(
        f"ansible-playbook lyncops.dr.evacuate {_AROUND} -e site=Site1 --diff",
        keep=("-pool1", "+pool1", _RECAP),
        about="Do it; --diff shows the deployment before and after",
    ),
    Typed(
        f"ansible-playbook lyncops.dr.evacuate {_AROUND} -e site=Site1",
        keep=(_RECAP,),
        about="The same once more changes nothing",
    ),
    Typed(
        f"ansible-playbook lyncops.dr.failback {_AROUND} -e site=Site1",
        keep=(_RECAP,),
        about="The way home",
    ),
    Typed(
        "lyncops lab inject crash pool1.contoso.com", about="A disaster, by the play of your own"
    ),
    Typed(
        f"ansible-playbook failover.yml {_AROUND}",
        keep=("[ERROR]", "Not possible now", "if you know better", _RECAP),
        about="A planned failover of a dead pool is refused, with the table of checks",
        ends=2,
    ),
    Typed(
        f"ansible-playbook failover.yml {_AROUND} -v -e mode=disaster -e accept_data_loss=true",
        keep=("pool-failover: sending", "pool-failover: the cmdlet", "is completed", _RECAP),
        about="-v shows each step while it runs",
    ),
    Typed("lyncops lab inject recover pool1.contoso.com"),
)
