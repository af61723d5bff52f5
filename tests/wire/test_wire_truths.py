"""What recordings of Windows servers show (remoting facts, section 4), asked for and judged in raw
XML.
"""

from __future__ import annotations

import base64
import uuid
from xml.etree import ElementTree as ET

import pytest

from lyncops.lab.wire import soap
from tests.wire.stub import CAPABILITY, RawClient, Served, fault_code, fragments_of

RSP = f"{{{soap.RSP}}}"


def text(answer: ET.Element, path: str) -> str:
    found = answer.find(path)
    assert found is not None, ET.tostring(answer)
    return found.text or ""


def test_create_names_the_shell_the_client_chose(raw: RawClient) -> None:
    status, answer = raw.create()
    assert status == 200
    assert text(answer, f".//{RSP}Shell/{RSP}ShellId") == str(raw.shell).upper()
    assert text(answer, f".//{RSP}State") == "Connected"
    assert text(answer, f".//{RSP}IdleTimeOut") == "PT7200.000S"
    selector = answer.find(f".//{{{soap.W}}}Selector[@Name='ShellId']")
    assert selector is not None
    assert selector.text == str(raw.shell).upper()


def test_opening_takes_two_receives_and_documents_start_with_a_byte_order_mark(
    raw: RawClient,
) -> None:
    raw.create()
    first, _ = raw.receive()
    second, _ = raw.receive()
    assert [one.kind for one in first] == [0x00010002, 0x00021009]
    assert [one.kind for one in second] == [0x00021005]
    assert [one.object_id for one in (*first, *second)] == [1, 2, 3]
    assert all(one.document.startswith(b"\xef\xbb\xbf<Obj") for one in (*first, *second))
    assert first[0].pool == uuid.UUID(int=0)
    assert first[1].pool == raw.shell
    assert b'<I32 N="RunspaceState">2</I32>' in second[0].document


def test_object_ids_count_per_pool_and_no_running_state_is_told(raw: RawClient) -> None:
    raw.open()
    ids: list[int] = []
    for _ in range(3):
        said = raw.collect(raw.command("Get-It"))
        assert [one.kind for one in said] == [0x00041004, 0x00041006]
        assert b'<I32 N="PipelineState">4</I32>' in said[-1].document
        ids += [one.object_id for one in said]
    assert ids == [4, 5, 6, 7, 8, 9]


def test_the_last_receive_carries_done_and_an_exit_code(raw: RawClient) -> None:
    raw.open()
    pipeline = raw.command("Get-It")
    _, answer = raw.receive(pipeline)
    state = answer.find(f".//{RSP}CommandState")
    assert state is not None
    assert (
        state.get("State")
        == "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done"
    )
    assert state.get("CommandId") == str(pipeline).upper()
    assert text(state, f"{RSP}ExitCode") == "0"


def test_terminate_after_done_succeeds_and_the_command_is_unknown_afterwards(
    raw: RawClient,
) -> None:
    raw.open()
    pipeline = raw.command("Get-It")
    raw.collect(pipeline)
    assert raw.signal(pipeline, f"{soap.RSP}/signal/Terminate")[0] == 200
    status, answer = raw.signal(pipeline, f"{soap.RSP}/signal/Terminate")
    assert (status, fault_code(answer)) == (500, 2150858843)


def test_a_collected_command_is_unknown_to_receive(raw: RawClient) -> None:
    raw.open()
    pipeline = raw.command("Get-It")
    raw.collect(pipeline)
    status, answer = raw.try_receive(pipeline)
    assert (status, fault_code(answer)) == (500, 2150858843)


@pytest.mark.parametrize("timeout", ["PT0.05S", "PT0S"])
def test_a_receive_without_output_times_out_as_a_receiver_fault(
    raw: RawClient, timeout: str
) -> None:
    raw.open()
    status, answer = raw.try_receive(timeout=timeout)
    assert (status, fault_code(answer)) == (500, 2150858793)
    assert text(answer, f".//{{{soap.S}}}Code/{{{soap.S}}}Value") == "s:Receiver"
    assert text(answer, f".//{{{soap.S}}}Subcode/{{{soap.S}}}Value") == "w:TimedOut"


@pytest.mark.parametrize("verb", ["Receive", "Delete", "Get", "Disconnect", "Reconnect"])
def test_an_unknown_shell_is_an_invalid_selector(raw: RawClient, verb: str) -> None:
    status, answer = raw.ask(verb, f"<rsp:{verb}/>", uri=soap.SHELL_URI)
    assert (status, fault_code(answer)) == (500, 2150858843)
    assert text(answer, f".//{{{soap.S}}}Subcode/{{{soap.S}}}Value") == "w:InvalidSelectors"


def test_an_unknown_command_is_an_invalid_selector(raw: RawClient) -> None:
    raw.open()
    status, answer = raw.try_receive(uuid.uuid4())
    assert (status, fault_code(answer)) == (500, 2150858843)


def test_connect_answers_capability_and_init_data_and_private_data_follows(raw: RawClient) -> None:
    raw.open()
    assert raw.ask("Disconnect", "<rsp:Disconnect/>")[0] == 200
    other = RawClient(raw.address, shell=raw.shell)
    said = f"{other.message(0x00010002, CAPABILITY)}"
    status, answer = other.ask(
        "Connect", f'<rsp:Connect><connectXml xmlns="{soap.PWSH}">{said}</connectXml></rsp:Connect>'
    )
    assert status == 200
    told = fragments_of(base64.b64decode(text(answer, f".//{{{soap.PWSH}}}connectResponseXml")))
    assert [one.kind for one in told] == [0x00010002, 0x0002100B]
    assert b'<I32 N="MaxRunspaces">2</I32>' in told[1].document
    later, _ = other.receive()
    assert [one.kind for one in later] == [0x00021009]
    assert [one.object_id for one in (*told, *later)] == [4, 5, 6]


def test_the_envelope_relates_to_the_request(raw: RawClient) -> None:
    _, answer = raw.create()
    assert text(answer, f".//{{{soap.A}}}RelatesTo").startswith("uuid:")
    assert text(answer, f".//{{{soap.A}}}Action").endswith("/CreateResponse")


def test_records_have_text_and_an_enum_names_its_type_first(raw: RawClient) -> None:
    raw.open()
    said = raw.collect(raw.command("Write-It"))
    documents = {one.kind: one.document for one in said}
    assert b"<ToString>not so bad</ToString>" in documents[0x00041005]
    assert b"<ToString>beware</ToString>" in documents[0x00041009]
    progress = documents[0x00041010]
    assert progress.index(
        b"<T>System.Management.Automation.ProgressRecordType</T>"
    ) < progress.index(b"<ToString>Completed</ToString>")


def test_a_failed_pipeline_carries_its_error_in_the_last_message(raw: RawClient) -> None:
    raw.open()
    said = raw.collect(raw.command("Stop-It"))
    assert [one.kind for one in said] == [0x00041004, 0x00041006]
    assert b'<I32 N="PipelineState">5</I32>' in said[-1].document
    assert b"<ToString>It broke.</ToString>" in said[-1].document


def test_large_output_comes_in_fragments_and_replies_that_fit_the_envelope(
    raw: RawClient, open_lab: Served
) -> None:
    raw.open()
    document = "<S>" + "x" * 100_000 + "</S>"
    shell = open_lab.host.server("fe1.contoso.com").service.shells[0]
    from lyncops.lab.wire.psrp import MessageType

    shell.say(MessageType.PIPELINE_OUTPUT, document)
    first, answer = raw.receive(size=60_000)
    assert len(ET.tostring(answer)) < 60_000
    rest, _ = raw.receive()
    assert [one.number for one in (*first, *rest)] == [0, 1, 2, 3]
    assert [one.flags for one in (*first, *rest)] == [1, 0, 0, 2]
    assert len({one.object_id for one in (*first, *rest)}) == 1
