from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from lyncops import errors
from lyncops.cli import main as entry
from lyncops.cli.screen import Screen
from lyncops.deployment.model import Deployment
from lyncops.runs.exit_codes import exit_code_of
from lyncops.text.durations import duration_in_words as duration
from lyncops.views.blocks import Text
from tests.cli.conftest import Answer, Invoke
from tests.deployments import P1, two_sites


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigurationError, 1),
        (errors.InvalidValueError, 1),
        (errors.AuthenticationFailedError, 1),
        (errors.UntrustedCertificateError, 1),
        (errors.UnsupportedByVersionError, 1),
        (errors.PlanFormatError, 1),
        (errors.JournalError, 1),
        (errors.ScenarioError, 1),
        (errors.EndpointError, 2),
        (errors.PlanRefusedError, 2),
        (errors.CmdletFailedError, 3),
        (errors.OutcomeUnknownError, 4),
        (errors.RunLockedError, 6),
    ],
)
def test_every_error_has_one_exit_code_and_one_sentence(
    client: MagicMock, invoke: Invoke, error: type[errors.LyncOpsError], code: int
) -> None:
    assert exit_code_of(error("x")) == code
    client.check.side_effect = error("It went wrong.", remedy="Mend it.")
    answer = invoke("check", P1)
    assert answer == (code, "", "lyncops: It went wrong. Mend it.\n")


def test_with_json_an_error_is_an_object(client: MagicMock, invoke: Invoke) -> None:
    client.check.side_effect = errors.EndpointError(
        "Nobody answers.", remedy="Look at the network."
    )
    answer = invoke("--json", "check", P1)
    assert json.loads(answer.out) == {
        "error": {
            "type": "EndpointError",
            "message": "Nobody answers.",
            "remedy": "Look at the network.",
            "exit_code": 2,
            "see": "docs/troubleshooting.md#endpointerror",
        }
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fly",), "No such command 'fly'"),
        (("plan", "fly", P1), "There is no procedure 'fly'"),
        (("plan", "pool-failover"), "Missing argument"),
        (("plan", "pool-failover", "not a name", "--mode", "planned"), "POOL: 'not a name'"),
        (("plan", "pool-failover", P1, "--mode", "quick"), "quick"),
        (("plan", "pool-failover", P1), "--mode"),
        (("plan", "edge-next-hop", P1), "--next-hop"),
        (("plan", "pool-failover", P1, "--mode", "planned", "--override", "rights"), "--reason"),
        (
            (
                "plan",
                "pool-failover",
                P1,
                "--mode",
                "planned",
                "--override",
                "rights",
                "--reason",
                " ",
            ),
            "--reason",
        ),
        (
            ("plan", "pool-failover", P1, "--mode", "planned", "--next-hop", "a b"),
            "--next-hop: 'a b'",
        ),
        (
            ("plan", "pool-failback", P1, "--mode", "planned", "--next-hop", P1),
            "No such option '--next-hop'",
        ),
        (
            ("plan", "pool-failover", P1, "--mode", "planned", "--domain", P1),
            "No such option '--domain'",
        ),
        (
            ("plan", "xmpp-failover", P1, "--principal", "mirror"),
            "No such option '--principal'",
        ),
        (("check", "pool-failover", "--mode", "planned"), "Missing argument 'POOL'"),
        (("check", "a b"), "'a b'"),
        (("run", "--yes"), "PROCEDURE POOL or --plan FILE"),
        (
            ("run", "--plan", "x.json", "pool-failover", P1, "--mode", "planned", "--yes"),
            "PROCEDURE POOL or --plan FILE",
        ),
        (("run", "--plan", "no-such-file.json", "--yes"), "no-such-file.json"),
        (("run", "--plan", ".", "--yes"), "cannot be read"),
        (
            ("plan", "pool-failover", P1, "--mode", "planned", "--save", "no/such/folder/p.json"),
            "cannot be written",
        ),
    ],
)
def test_wrong_use_gets_one_sentence_and_exit_1(
    client: MagicMock, invoke: Invoke, arguments: tuple[str, ...], words: str
) -> None:
    from tests.cli.runs import failover

    client.plan.return_value = failover()
    answer = invoke(*arguments)
    assert answer.code == 1
    assert words in answer.err
    assert len(answer.err.splitlines()) == 1
    assert answer.out == ""


def test_without_a_verb_the_help_is_shown(invoke: Invoke) -> None:
    answer = invoke()
    assert answer.code == 1
    assert "Exit codes:" in answer.err


@pytest.mark.parametrize(
    ("error", "code"), [(errors.EndpointError, 4), (errors.AuthenticationFailedError, 1)]
)
@pytest.mark.parametrize("verb", [("readiness",), ("backup-service", "show")], ids=" ".join)
def test_what_could_not_be_read_is_not_taken_for_an_answer(
    client: MagicMock,
    invoke: Invoke,
    verb: tuple[str, ...],
    error: type[errors.LyncOpsError],
    code: int,
) -> None:
    client.readiness.side_effect = client.backup_service.side_effect = error(
        "Nobody answers.", remedy="Look."
    )
    answer = invoke("--json", *verb)
    assert answer.code == code == json.loads(answer.out)["error"]["exit_code"]
    assert "Nobody answers. Look." in answer.err


VERBS = (
    ["status"],
    ["readiness"],
    ["check"],
    ["plan"],
    ["run"],
    ["resume"],
    ["backup-service", "show"],
    ["backup-service", "watch"],
)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_shows_no_marks_of_its_layout(invoke: Invoke, verb: list[str]) -> None:
    answer = invoke(*verb, "--help")
    assert answer.code == 0
    assert "\\b" not in answer.out


def test_help_names_every_verb(invoke: Invoke) -> None:
    answer = invoke("--help")
    assert answer.code == 0
    for verb in ("status", "check", "plan", "run", "resume", "runs", "lab"):
        assert f"\n  {verb} " in answer.out
    assert "\\b" not in answer.out
    assert "\n    3  failed, state known\n" in answer.out


def test_ctrl_c_is_no_traceback(
    client: MagicMock, invoke: Invoke, at_terminal: Callable[..., Answer]
) -> None:
    client.status.side_effect = KeyboardInterrupt
    answer = invoke("status")
    assert answer.code == 5
    assert "lyncops resume RUN" in answer.err
    from tests.cli.runs import failover

    client.plan.return_value = failover()
    # The input ends at the question
    assert at_terminal("run", "pool-failover", P1, "--mode", "planned", typed="").code == 5


def test_a_defect_is_one_sentence_and_how_to_report_it(
    client: MagicMock,
    invoke: Invoke,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LYNCOPS_DEBUG", raising=False)
    client.status.side_effect = error = ZeroDivisionError("division by zero")
    with pytest.raises(ZeroDivisionError):
        invoke("status")
    sys.excepthook(ZeroDivisionError, error, None)
    told = capsys.readouterr().err
    assert "ZeroDivisionError: division by zero. Run it again" in told
    assert "LYNCOPS_DEBUG=1" in told
    assert len(told.splitlines()) == 1


def test_debugging_keeps_the_traceback(
    client: MagicMock, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LYNCOPS_DEBUG", "1")
    before = sys.excepthook
    client.status.return_value = two_sites()
    invoke("status")
    assert sys.excepthook is before


def test_without_the_extra_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def find_nothing(name: str) -> None:
        del name

    monkeypatch.setattr("importlib.util.find_spec", find_nothing)
    assert entry.main(["status"]) == 1
    assert 'pip install "lyncops[cli]"' in capsys.readouterr().err


def test_a_reader_that_goes_away_stops_nothing(tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def write(self, text: str, /) -> int:
            raise BrokenPipeError(text)

        def fileno(self) -> int:
            return self.descriptor

        descriptor = os.open(tmp_path / "out", os.O_CREAT | os.O_WRONLY)

    gone = Gone()
    Screen(out=gone).say(Text("one"))
    os.write(gone.descriptor, b"into nowhere")
    assert (tmp_path / "out").read_bytes() == b""
    os.close(gone.descriptor)


def test_a_pipe_that_closes_early_ends_quietly() -> None:
    program = "import sys; from lyncops.cli.main import main; sys.exit(main(['--help']))"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3540, "59 min"), (3600, "1 h"), (7500, "2 h 5 min")],
)
def test_durations_are_told_in_fitting_units(seconds: int, words: str) -> None:
    from datetime import timedelta

    assert duration(timedelta(seconds=seconds)) == words


def test_the_log_is_shown_once_and_only_when_asked_for(client: MagicMock, invoke: Invoke) -> None:
    def talk(*_: object) -> Deployment:
        for _number in range(2):
            logging.getLogger("lyncops.remoting").warning("fe1 does not answer")
        return two_sites()

    client.status.side_effect = talk
    assert invoke("status").err == ""
    assert invoke("--verbose", "status").err == "lyncops: warning: fe1 does not answer\n"
