"""Writes the collection's modules: a page for ansible-doc and an action plugin for each, and the
documentation fragments that they share.

python3 scripts/ansible_pages.py           write them
python3 scripts/ansible_pages.py --check   say which are out of date, and exit with 1
"""

from __future__ import annotations

import bootstrap

if __name__ == "__main__":
    bootstrap.run_inside(__file__, "ansible")

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import yaml
from ansible_returns import returned_by

from lyncops.ansible.carrying_out import HOW
from lyncops.ansible.connecting import CONNECTION
from lyncops.ansible.modules import MODULES, Module
from lyncops.ansible.parameters import Parameter
from lyncops.values import JsonValue

COLLECTION: Final = bootstrap.ROOT / "ansible_collections" / "lyncops" / "dr"
_WIDTH: Final = 92
_AUTHOR: Final = "The lyncops authors (!UNKNOWN)"
_VERSION: Final = "0.1.0"
_REQUIRES: Final = ">=2.18.0"
_SANITY: Final = ("2.18", "2.19", "2.20", "2.21")
_WRITTEN: Final = "# Written by scripts/ansible_pages.py from the description of what it runs."
_POOL: Final = "pool1.contoso.com"
_SAMPLES: Final[Mapping[str, JsonValue]] = {
    "pool": _POOL,
    "to_pool": "pool2.contoso.com",
    "site": "Site1",
    "edge_pool": "edge1.contoso.com",
    "next_hop": "pool2.contoso.com",
    "mode": "planned",
    "domains": ["contoso.com"],
    "run_id": "latest",
    "sync_interval": "5m",
}


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as ansible-lint and yamllint want it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        del indentless
        super().increase_indent(flow, indentless=False)


def _yaml(value: JsonValue) -> str:
    text: str = yaml.dump(  # pyright: ignore[reportUnknownMemberType] - its stubs are partial
        value, Dumper=_Dumper, sort_keys=False, width=_WIDTH, allow_unicode=True, indent=2
    )
    return text


def pages() -> dict[Path, str]:
    """Every file that is written, with its text."""
    found = {
        COLLECTION / "plugins" / "doc_fragments" / "connection.py": _fragment(
            "The parameters of every module: where the servers are.", CONNECTION
        ),
        COLLECTION / "plugins" / "doc_fragments" / "procedure.py": _fragment(
            "The parameters of every module that runs a procedure.", HOW
        ),
    }
    found[COLLECTION / "meta" / "runtime.yml"] = _runtime()
    for version in _SANITY:
        found[COLLECTION / "tests" / "sanity" / f"ignore-{version}.txt"] = _ignored()
    for module in MODULES.values():
        found[COLLECTION / "plugins" / "modules" / f"{module.name}.py"] = _page(module)
        found[COLLECTION / "plugins" / "action" / f"{module.name}.py"] = _action(module)
    return found


def _fragment(about: str, parameters: Iterable[Parameter]) -> str:
    documented: JsonValue = {"options": {one.name: one.documentation() for one in parameters}}
    return (
        f'{_WRITTEN}\n"""{about}"""\n\nfrom __future__ import annotations\n\n\n'
        f'class ModuleDocFragment:\n    """{about}"""\n\n'
        f'    DOCUMENTATION = r"""\n{_yaml(documented)}"""\n'
    )


def _ignored() -> str:
    """The one rule of ansible-test that the modules do not keep, with its reason."""
    reason = "lyncops is under the MIT licence"
    rule = "validate-modules:missing-gplv3-license"
    return "".join(f"plugins/modules/{name}.py {rule} # {reason}\n" for name in sorted(MODULES))


def _runtime() -> str:
    """The versions that are needed, and the group by which a play gives all modules the same."""
    text = _yaml({"requires_ansible": _REQUIRES, "action_groups": {"dr": [*sorted(MODULES)]}})
    return f"---\n{_WRITTEN}\n{text}"


def _page(module: Module) -> str:
    documentation = _yaml(_documentation(module))
    examples = _yaml(_examples(module))
    returned = _yaml(returned_by(module))
    return (
        f"#!/usr/bin/python\n{_WRITTEN}\n\nfrom __future__ import annotations\n\n"
        f'DOCUMENTATION = r"""\n---\n{documentation}"""\n\n'
        f'EXAMPLES = r"""\n---\n{examples}"""\n\n'
        f'RETURN = r"""\n---\n{returned}"""\n'
    )


def _documentation(module: Module) -> JsonValue:
    fragments: list[JsonValue] = ["lyncops.dr.procedure"] if module.procedures else []
    check = "It changes nothing." if module.only_reads else "Answers with what would be done."
    diff = "full" if module.procedures else "none"
    return {
        "module": module.name,
        "short_description": module.summary.rstrip("."),
        "version_added": _VERSION,
        "description": _description(module),
        "author": [_AUTHOR],
        "options": {one.name: one.documentation() for one in module.own},
        "attributes": {
            "check_mode": {"support": "full", "description": [check]},
            "diff_mode": {
                "support": diff,
                "description": ["Shows the deployment around the pools, before and after."],
            },
        },
        "extends_documentation_fragment": [*fragments, "lyncops.dr.connection"],
    }


def _description(module: Module) -> list[JsonValue]:
    told: list[JsonValue] = [module.summary]
    for procedure in module.procedures:
        about = (procedure.__doc__ or "").strip().split("\n\n")[0]
        guide = f"Microsoft's guide: {procedure.GUIDE}."
        told.append(f"{' '.join(about.split())} {guide}")
    if module.procedures:
        told.append(
            "Plans from a fresh reading, answers the checks, runs each step once, and reads back"
            " what the servers show. Where it is so already, nothing is changed."
        )
    told.append("Runs in the Python of the controller; the hosts of the play are not connected to.")
    return told


def _examples(module: Module) -> JsonValue:
    given: dict[str, JsonValue] = {
        one.name: _sample(one) for one in module.own if one.required or one.name == "sync_interval"
    }
    task = f"lyncops.dr.{module.name}"
    return [{"name": module.summary.rstrip("."), task: {"config": "lyncops.toml", **given}}]


def _sample(parameter: Parameter) -> JsonValue:
    return parameter.choices[0] if parameter.name == "state" else _SAMPLES[parameter.name]


def _action(module: Module) -> str:
    return (
        f'{_WRITTEN}\n"""{module.summary}"""\n\nfrom __future__ import annotations\n\n'
        "from ansible_collections.lyncops.dr.plugins.plugin_utils.action import LyncopsAction\n\n\n"
        f'class ActionModule(LyncopsAction):\n    """{module.summary}"""\n\n'
        f'    MODULE = "{module.name}"\n'
    )


def main() -> int:
    """Write what is out of date, or name it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    only_look = parser.parse_args().check
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        print(path.relative_to(bootstrap.ROOT))
        if not only_look:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
    return int(bool(stale) and only_look)


if __name__ == "__main__":
    sys.exit(main())
