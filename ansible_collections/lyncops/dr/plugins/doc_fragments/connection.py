# Written by scripts/ansible_pages.py from the description of what it runs.
"""The parameters of every module: where the servers are."""

from __future__ import annotations


class ModuleDocFragment:
    """The parameters of every module: where the servers are."""

    DOCUMENTATION = r"""
options:
  config:
    description:
      - The C(lyncops.toml) that says where the servers are.
      - A relative path is seen from the folder that Ansible was started in.
      - Without it and without O(endpoints) the variable E(LYNCOPS_CONFIG) names it.
      - Without that too it is C(lyncops.toml).
    type: path
  endpoints:
    description:
      - The servers to try, in this order, in place of a C(lyncops.toml).
      - Name Front Ends of both sites. Not together with O(config).
    type: list
    elements: dict
    suboptions:
      url:
        description:
          - The address, C(https://fe1.contoso.com/OcsPowershell) or C(https://HOST:PORT/wsman).
        type: str
        required: true
      auth:
        description:
          - How to log on.
        type: str
        default: negotiate
        choices:
          - negotiate
          - kerberos
          - ntlm
          - credssp
          - certificate
          - basic
      pool:
        description:
          - The pool that the server belongs to.
        type: str
      connect_to:
        description:
          - The TCP address, where it is not the one in O(endpoints[].url).
        type: str
      ca:
        description:
          - A file of certificates to trust, instead of the system's.
        type: path
      configuration:
        description:
          - The PowerShell session configuration.
        type: str
      module:
        description:
          - The PowerShell module to import after connecting.
        type: str
      certificate:
        description:
          - The client certificate, for O(endpoints[].auth=certificate).
        type: path
      certificate_key:
        description:
          - The key of the client certificate.
        type: path
      proxy:
        description:
          - An HTTP proxy.
        type: str
  machines:
    description:
      - Servers that are asked one by one, such as Edge servers. Together with O(endpoints).
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The FQDN of the machine.
        type: str
        required: true
      url:
        description:
          - The address, C(https://fe1.contoso.com/OcsPowershell) or C(https://HOST:PORT/wsman).
        type: str
        required: true
      auth:
        description:
          - How to log on.
        type: str
        default: negotiate
        choices:
          - negotiate
          - kerberos
          - ntlm
          - credssp
          - certificate
          - basic
      pool:
        description:
          - The pool that the server belongs to.
        type: str
      connect_to:
        description:
          - The TCP address, where it is not the one in O(endpoints[].url).
        type: str
      ca:
        description:
          - A file of certificates to trust, instead of the system's.
        type: path
      configuration:
        description:
          - The PowerShell session configuration.
        type: str
      module:
        description:
          - The PowerShell module to import after connecting.
        type: str
      certificate:
        description:
          - The client certificate, for O(endpoints[].auth=certificate).
        type: path
      certificate_key:
        description:
          - The key of the client certificate.
        type: path
      proxy:
        description:
          - An HTTP proxy.
        type: str
  deployment:
    description:
      - How plans, runs and reports call the deployment. Together with O(endpoints).
    type: str
  username:
    description:
      - Who logs on, C(admin@CONTOSO.COM) or C(CONTOSO\admin).
      - With O(config) it takes the place of the user there.
    type: str
  password:
    description:
      - The password, best out of Ansible Vault. It is shown nowhere.
      - Without it the password comes from where C(lyncops.toml) says.
      - With O(endpoints) it then comes from E(LYNCOPS_PASSWORD).
    type: str
  journal:
    description:
      - The url of the journal to use, in place of the configured one.
      - C(sqlite:///FILE) or C(postgresql://USER@HOST/DATABASE).
    type: str
"""
