"""The words of the command line in the words of the modules: `--accept-data-loss` is
`accept_data_loss: true` in a task.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from lyncops.plan.procedures import Option, Procedure
from lyncops.values import JsonValue
from lyncops.views.commands import Given, in_other_words

_TOLD: Final = ("msg", "text", "warnings", "left_to_do", "diff")
"""What people read of an answer. Plans and reports keep the form that other programs know."""
_COMMAND: Final = re.compile(r"lyncops (?:[^\n`;,.]|\.(?=\S))*")
"""A command line that has no module, up to the end of its sentence: it is for a terminal."""
_VERBS: Final = {
    "resume": "run_resume",
    "runs show": "run_info",
    "runs report": "run_info",
    "runs list": "run_info",
    "status": "deployment_info",
    "doctor": "doctor_info",
    "readiness": "readiness_info",
    "backup-service show": "backup_service_info",
}
MODULE_OF: Final = {
    "evacuate": ("pool_evacuate", ""),
    "edge-federation-failover": ("edge_federation", "failed_over"),
    "edge-federation-failback": ("edge_federation", "failed_back"),
    "xmpp-failover": ("xmpp_federation", "failed_over"),
    "xmpp-failback": ("xmpp_federation", "failed_back"),
    "backup-service-set": ("backup_service", "configured"),
    "backup-service-sync": ("backup_service", "synced"),
}
"""The module of a procedure and its `state`, where the procedure's own name is not the module's."""
_OPTION: Final = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])(?: (\w+))?")
_EVERYWHERE: Final = {"steal-lock": "steal_lock: true", "journal": "journal", "config": "config"}


@attrs.frozen(slots=True)
class Wording:
    """The names of the parameters of one module, by the options of the command line.

    `everything` names the value that has all that is only counted in a text.
    """

    everything: str
    words: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, procedures: Iterable[type[Procedure]], everything: str = "plan") -> Wording:
        """That of a module that runs these procedures."""
        options = [one for kind in procedures for one in kind.options() if not one.asked.is_target]
        return cls(
            everything,
            {**_EVERYWHERE, **{_flag(one): _said(one) for one in reversed(options)}},
            {_flag(one): one.words for one in options if issubclass(one.kind, enum.Enum)},
        )

    def of_answer(self, answer: JsonValue) -> JsonValue:
        """The answer with what people read of it in the module's words."""
        if not isinstance(answer, dict):
            return answer
        return {key: self._all(value) if key in _TOLD else value for key, value in answer.items()}

    def text(self, text: str) -> str:
        """A text in the words of the collection: command lines are tasks, options parameters."""
        return in_other_words(text, _Tasks(), self._between)

    def _between(self, text: str) -> str:
        parts: list[str] = []
        end = 0
        for command in _COMMAND.finditer(text):
            parts += [_OPTION.sub(self._word, text[end : command.start()]), command[0]]
            end = command.end()
        return "".join((*parts, _OPTION.sub(self._word, text[end:])))

    def _all(self, value: JsonValue) -> JsonValue:
        match value:
            case str():
                return self.text(value)
            case list():
                return [self._all(one) for one in value]
            case dict():
                return {key: self._all(one) for key, one in value.items()}
            case _:
                return value

    def _word(self, found: re.Match[str]) -> str:
        flag, after = found[1], found[2]
        rest = f" {after}" if after else ""
        if flag == "details":
            return f"`{self.everything}`{rest}"
        if after and after in self.choices.get(flag, ()):
            return f"`{self.words[flag]}: {after}`"
        return f"`{self.words[flag]}`{rest}" if flag in self.words else found[0]


class _Tasks:
    """Tasks of a play."""

    def procedure(self, verb: str, kind: type[Procedure], given: Given) -> str:
        """The module that runs it; a plan is what it shows in check mode."""
        name, state = MODULE_OF.get(kind.NAME, (kind.NAME.replace("-", "_"), ""))
        options = {one.field: one for one in kind.options()}
        said = [f"state: {state}"] if state else []
        said += [_assigned(options[field], values) for field, values in given.items()]
        mode = " in check mode" if verb == "plan" else ""
        return f"`lyncops.dr.{name}`{mode}{_with(said)}"

    def verb(self, verb: str, about: str) -> str:
        """The module that reads it, or goes on with a run."""
        field = "pools: [{}]" if verb == "backup-service show" else "run_id: {}"
        return f"`lyncops.dr.{_VERBS[verb]}`{_with([field.format(about)] if about else [])}"


def _with(parameters: list[str]) -> str:
    return f" with {', '.join(f'`{one}`' for one in parameters)}" if parameters else ""


def _assigned(option: Option, values: tuple[str, ...]) -> str:
    if option.kind is bool:
        return f"{option.field}: true"
    return f"{option.field}: [{', '.join(values)}]" if option.repeated else _one(option, values)


def _one(option: Option, values: tuple[str, ...]) -> str:
    return f"{option.field}: {''.join(values)}"


def _flag(option: Option) -> str:
    return option.asked.name.removeprefix("--")


def _said(option: Option) -> str:
    return f"{option.field}: true" if option.kind is bool else option.field
