"""What .NET exceptions look like in an error record: their base classes, their HResults, their
ToString.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lyncops.lab.interface import ErrorDetail, Thrown
from lyncops.values import RemoteObject

_SYSTEM: Final = ("System.SystemException", "System.Exception", "System.Object")
_AUTOMATION: Final = "System.Management.Automation"
_RUNTIME: Final = (f"{_AUTOMATION}.RuntimeException", *_SYSTEM)
_EXTERNAL: Final = ("System.Runtime.InteropServices.ExternalException", *_SYSTEM)

_BASES: Final[Mapping[str, tuple[str, ...]]] = {
    "System.InvalidOperationException": _SYSTEM,
    "System.ArgumentException": _SYSTEM,
    "System.UnauthorizedAccessException": _SYSTEM,
    "System.NotImplementedException": _SYSTEM,
    "System.NotSupportedException": _SYSTEM,
    "System.IO.FileNotFoundException": ("System.IO.IOException", *_SYSTEM),
    "System.ComponentModel.Win32Exception": _EXTERNAL,
    "System.Net.Sockets.SocketException": ("System.ComponentModel.Win32Exception", *_EXTERNAL),
    "System.Data.SqlClient.SqlException": ("System.Data.Common.DbException", *_EXTERNAL),
    "System.ServiceModel.EndpointNotFoundException": (
        "System.ServiceModel.CommunicationException",
        *_SYSTEM,
    ),
    "System.ServiceModel.Security.SecurityAccessDeniedException": (
        "System.ServiceModel.CommunicationException",
        *_SYSTEM,
    ),
    f"{_AUTOMATION}.ParameterBindingException": _RUNTIME,
    f"{_AUTOMATION}.ParameterBindingValidationException": (
        f"{_AUTOMATION}.ParameterBindingException",
        *_RUNTIME,
    ),
    f"{_AUTOMATION}.CommandNotFoundException": _RUNTIME,
    f"{_AUTOMATION}.ActionPreferenceStopException": _RUNTIME,
    f"{_AUTOMATION}.PipelineStoppedException": _RUNTIME,
    f"{_AUTOMATION}.Host.HostException": _RUNTIME,
    f"{_AUTOMATION}.PSArgumentException": ("System.ArgumentException", *_SYSTEM),
    f"{_AUTOMATION}.PSNotSupportedException": ("System.NotSupportedException", *_SYSTEM),
}

_EXCEPTION: Final = -2146233088
_SYSTEM_EXCEPTION: Final = -2146233087
_HRESULTS: Final[Mapping[str, int]] = {
    "System.InvalidOperationException": -2146233079,
    "System.ArgumentException": -2147024809,
    f"{_AUTOMATION}.PSArgumentException": -2147024809,
    "System.UnauthorizedAccessException": -2147024891,
    "System.NotImplementedException": -2147467263,
    "System.NotSupportedException": -2146233067,
    "System.IO.FileNotFoundException": -2147024894,
    "System.ComponentModel.Win32Exception": -2147467259,
    "System.Net.Sockets.SocketException": -2147467259,
    "System.Data.SqlClient.SqlException": -2146232060,
}
"""The COR_E values of the .NET Framework (corerror.h)."""
_DICTIONARY: Final[Mapping[object, object]] = {}


def thrown(detail: ErrorDetail) -> RemoteObject:
    """The exception of an error record, with what caused it, to the end of the chain."""
    return exception(
        Thrown(type_name=detail.exception_type, message=detail.message, inner=detail.inner)
    )


def exception(one: Thrown) -> RemoteObject:
    """An exception as PowerShell serialises it: at any depth, whatever the depth of other objects
    is.
    """
    code = (
        {}
        if one.native_code is None
        else {"NativeErrorCode": one.native_code, "ErrorCode": _hresult(one.type_name)}
    )
    properties: dict[str, object] = {
        **code,
        "Message": one.message,
        "Data": _DICTIONARY,
        "InnerException": None if one.inner is None else exception(one.inner),
        "TargetSite": None,
        "StackTrace": None,
        "HelpLink": None,
        "Source": one.source,
        "HResult": _hresult(one.type_name),
    }
    bases = _BASES.get(one.type_name, ("System.Exception", "System.Object"))
    return RemoteObject(properties, tuple(dict.fromkeys((one.type_name, *bases))), _text(one))


def _hresult(type_name: str) -> int:
    bases = _BASES.get(type_name)
    return _HRESULTS.get(type_name, _EXCEPTION if bases is None else _SYSTEM_EXCEPTION)


def _text(one: Thrown) -> str:
    """ToString; that of an ExternalException has its HResult."""
    external = "System.Runtime.InteropServices.ExternalException" in _BASES.get(one.type_name, ())
    number = f" (0x{_hresult(one.type_name) & 0xFFFFFFFF:08X})" if external else ""
    said = f"{one.type_name}{number}: {one.message}"
    if one.inner is None:
        return said
    return f"{said} ---> {_text(one.inner)}\r\n   --- End of inner exception stack trace ---"
