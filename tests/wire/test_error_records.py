"""Error records as Windows writes them: exceptions to the end of their chain, and where the error
happened.
"""

from __future__ import annotations

from lyncops.lab.cmdlets import causes
from lyncops.lab.interface import ErrorDetail, Thrown
from lyncops.lab.wire import records
from lyncops.lab.wire.clixml import read
from lyncops.lab.wire.psrp import PipelineState
from lyncops.values import RemoteObject


def told(detail: ErrorDetail, first: str = "Get-It") -> RemoteObject:
    record = read(records.error_record(detail, first).encode())
    assert isinstance(record, RemoteObject)
    return record


def inner(one: RemoteObject, name: str = "InnerException") -> RemoteObject:
    found = one.get(name)
    assert isinstance(found, RemoteObject)
    return found


def test_exceptions_are_nested_to_the_end() -> None:
    record = told(ErrorDetail(message="Outer.", inner=causes.no_sql_server()))
    outer = inner(record, "Exception")
    assert (outer.get("Message"), outer.get("HResult")) == ("Outer.", -2146233079)
    sql = inner(outer)
    assert (sql.type_names[0], sql.get("Source")) == (
        "System.Data.SqlClient.SqlException",
        ".Net SqlClient Data Provider",
    )
    windows = inner(sql)
    assert (
        windows.get("NativeErrorCode"),
        windows.get("HResult"),
        windows.get("InnerException"),
    ) == (53, -2147467259, None)
    assert windows.type_names == (
        "System.ComponentModel.Win32Exception",
        "System.Runtime.InteropServices.ExternalException",
        "System.SystemException",
        "System.Exception",
        "System.Object",
    )
    assert str(outer).endswith("--- End of inner exception stack trace ---")
    assert "(0x80004005): The network path was not found" in str(outer)


def test_an_exception_of_an_unknown_type_is_an_exception() -> None:
    chain = Thrown(type_name="Contoso.OddException", message="odd")
    odd = inner(inner(told(ErrorDetail(message="Outer.", inner=chain)), "Exception"))
    assert (odd.type_names, odd.get("HResult"), odd.get("NativeErrorCode")) == (
        ("Contoso.OddException", "System.Exception", "System.Object"),
        -2146233088,
        None,
    )


def test_a_record_says_in_which_command_it_happened() -> None:
    own = told(ErrorDetail(message="x", activity="Select-Object"))
    assert own.get("ErrorCategory_Activity") == "Select-Object"
    assert inner(own, "InvocationInfo").get("MyCommand") == "Select-Object"
    assert told(ErrorDetail(message="x")).get("ErrorCategory_Activity") == "Get-It"


def test_an_unknown_command_happened_in_no_command() -> None:
    detail = ErrorDetail(
        message="x",
        error_id="CommandNotFoundException",
        category="ObjectNotFound",
        target="Get-Nope",
        activity="",
    )
    state = read(records.pipeline_state(PipelineState.FAILED, detail, "Get-Nope").encode())
    assert isinstance(state, RemoteObject)
    record = inner(state, "ExceptionAsErrorRecord")
    assert (record.get("ErrorCategory_Activity"), record.get("InvocationInfo")) == ("", None)
