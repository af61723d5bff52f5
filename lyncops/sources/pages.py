"""The pages that lyncops cites, by short names, with their addresses.

Looked up in November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_LEARN: Final = "https://learn.microsoft.com/"
_MANAGE: Final = f"{_LEARN}skypeforbusiness/manage/ha-dr-and-backup-service/"
_PLAN: Final = (
    f"{_LEARN}skypeforbusiness/plan-your-deployment/high-availability-and-disaster-recovery/"
)
_DEPLOY: Final = f"{_LEARN}skypeforbusiness/deploy/deploy-high-availability-and-disaster-recovery/"
_LYNC: Final = f"{_LEARN}previous-versions/office/lync-server-2013/lync-server-2013-"
_WSMV: Final = f"{_LEARN}openspecs/windows_protocols/ms-wsmv/"
_PSRP: Final = f"{_LEARN}openspecs/windows_protocols/ms-psrp/"
REFERENCE: Final = f"{_LEARN}powershell/module/skypeforbusiness/"

PAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Microsoft's recovery guide, section by section
        "Managing disaster recovery": f"{_MANAGE}managing-da-ha-backup-service",
        "Failing over a pool": f"{_LYNC}failing-over-a-pool",
        "Failing back a pool": f"{_LYNC}failing-back-a-pool",
        "Failing over and failing back a pool (2015 and later)": (
            f"{_MANAGE}failing-over-and-failing-back-a-pool"
        ),
        "Failing over, failing back or changing the Edge pool": (
            f"{_MANAGE}failing-over-failing-back-or-changing-the-edge-pool"
        ),
        "Failing over the Edge pool used for federation": (
            f"{_LYNC}failing-over-the-edge-pool-used-for-lync-server-federation"
        ),
        "Failing over the Edge pool used for XMPP federation": (
            f"{_LYNC}failing-over-the-edge-pool-used-for-xmpp-federation"
        ),
        "Failing back the Edge pool used for federation": (
            f"{_LYNC}failing-back-the-edge-pool-used-for-lync-server-federation-or-xmpp-federation"
        ),
        "Changing the Edge pool associated with a Front End pool": (
            f"{_LYNC}changing-the-edge-pool-associated-with-a-front-end-pool"
        ),
        "Failing over a mirrored database": f"{_LYNC}failing-over-a-mirrored-database",
        "Restoring conference contents using the Backup Service": (
            f"{_LYNC}restoring-conference-contents-using-the-backup-service"
        ),
        "Configuring and monitoring the Backup Service": (
            f"{_LYNC}configuring-and-monitoring-the-backup-service"
        ),
        # Planning and deployment
        "Planning for disaster recovery": f"{_PLAN}disaster-recovery",
        "Planning for high availability": f"{_PLAN}high-availability",
        "Planning for the Back End": f"{_PLAN}back-end-server",
        "User experience during a pool failure": f"{_PLAN}user-experience",
        "Deploying paired pools": f"{_DEPLOY}front-end-pools-for-disaster-recovery",
        "Forced service of a mirrored database": (
            f"{_LEARN}previous-versions/sql/sql-server-2008-r2/ms189977(v=sql.105)"
        ),
        "SQL mirroring": f"{_DEPLOY}sql-mirroring-for-high-availability",
        "Front End pool ABC failover": f"{_LYNC}front-end-pool-abc-failover-procedure",
        "Response Group disaster recovery": f"{_LYNC}response-group-disaster-recovery-procedures",
        "Role-based access control": f"{_LYNC}planning-for-role-based-access-control",
        "Upgrading Front End Servers": f"{_LYNC}upgrade-or-update-front-end-servers",
        "Front End Server topologies": (
            f"{_LYNC}topologies-and-components-for-front-end-servers-instant-messaging-and-presence"
        ),
        "Moving the Central Management store": (
            f"{_LEARN}skypeforbusiness/migration/move-the-central-management-server"
        ),
        "Central Management store replication failures": (
            "https://github.com/MicrosoftDocs/SupportArticles-docs/blob/main/SkypeForBusiness/"
            "SkypeServer/server-configuration/central-management-store-replication-failures.md"
        ),
        # Microsoft's own tools and people
        "On-Premises Diagnostic": "https://github.com/onpremdiag/SfBServer",
        "What the Backup Service's states mean (J. Stroem, Microsoft)": (
            "https://blogs.technet.microsoft.com/jenstr/2012/11/06/what-does-the-status-reported-by-get-csbackupservicestatus-mean"
        ),
        # The field
        "Database Mirror Manager": (
            "https://github.com/jamescussen/skype-for-business-database-mirror-manager"
        ),
        "Deployment logs of a 2015 server": "https://github.com/pcossu/SkypeforBusiness_IaC_lab_V4",
        "A published topology document": "https://github.com/ibenbouzid/SkypeforBusiness_lab_V3",
        "Get-CsReport": "https://github.com/argiesen/Skype4B",
        "A store on both pools (Vale Consulting)": (
            "https://blog.valeconsulting.co.uk/2015/09/25/skype-for-business-warning-standard-edition-pool-failover-disaster/"
        ),
        "A store on both pools, updated (Vale Consulting)": (
            "https://blog.valeconsulting.co.uk/2015/09/29/skype-for-business-standard-edition-pool-failover-disaster-updated/"
        ),
        "A store on neither pool (Northern Lync)": (
            "https://northernlync.wordpress.com/2016/02/09/skype-for-business-cms-pool-failover-issue/"
        ),
        "Lync pool failover notes (J. Cook)": (
            "https://johnacook.wordpress.com/2015/02/19/lync-pool-failover-notes/"
        ),
        "How the Backup Service works (masteringlync)": (
            "https://theargylemvp.com/2013/10/23/understanding-how-the-backup-service-works/"
        ),
        "Lync Front End maintenance (IT Pro Today)": (
            "https://itprotoday.com/microsoft-365/microsoft-lync-server-2013-front-end-maintenance"
        ),
        "CredSSP for Lync cmdlets (HelloID connector)": (
            "https://github.com/Tools4everBV/HelloID-Conn-Prov-Target-SkypeForBusiness"
        ),
        # Remote PowerShell
        "MS-WSMV": _WSMV,
        "MS-PSRP": f"{_PSRP}602ee78e-9a19-45ad-90fa-bb132b7cecec",
        "about_Remote_Requirements": (
            f"{_LEARN}powershell/module/microsoft.powershell.core/about/about_remote_requirements"
        ),
        "Making the second hop": (
            f"{_LEARN}powershell/scripting/learn/remoting/ps-remoting-second-hop"
        ),
        "JEA session configurations": (
            f"{_LEARN}powershell/scripting/learn/remoting/jea/session-configurations"
        ),
        "WinRM quotas": f"{_LEARN}windows/win32/winrm/quotas",
    }
)
