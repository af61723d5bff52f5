from __future__ import annotations

import io
import struct
import uuid

import pytest

from lyncops.lab.interface import Caller
from lyncops.lab.wire.authentication import Account, Authenticator, Connection, Directory
from lyncops.lab.wire.clixml import MalformedClixmlError
from lyncops.lab.wire.commands import parse_pipeline
from lyncops.lab.wire.encryption import UndecryptableError, decrypt, encrypt, protocol_of
from lyncops.lab.wire.http import BadRequestError, read_request
from lyncops.lab.wire.psrp import Defragmenter, MalformedFragmentError, MessageType, MessageWriter
from lyncops.lab.wire.soap import MalformedRequestError, parse_duration

CALLED_NOTHING = (
    b'<Obj><MS><Obj N="PowerShell"><MS><Obj N="Cmds"><LST><Obj><MS><S'
    b' N="Cmd"></S></MS></Obj></LST></Obj></MS></Obj></MS></Obj>'
)
DIRECTORY = Directory([Account(Caller("CONTOSO\\admin"), "secret")])


class Rotated:
    """A security context that adds one to each byte."""

    def __init__(self) -> None:
        self.header = b"sig"
        self.data = b""
        self.padding_length = 0

    def wrap_winrm(self, data: bytes) -> Rotated:
        sealed = Rotated()
        sealed.data = bytes((one + 1) % 256 for one in data)
        return sealed

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        assert header == b"sig"
        return bytes((one - 1) % 256 for one in data)


@pytest.mark.parametrize(
    ("protocol", "size"), [("SPNEGO", 40_000), ("CredSSP", 40_000), ("CredSSP", 5)]
)
def test_a_sealed_message_is_opened_again(protocol: str, size: int) -> None:
    message = bytes(range(256)) * (size // 256 + 1)
    kind, body = encrypt(Rotated(), message, f"application/HTTP-{protocol}-session-encrypted")
    assert kind.startswith("multipart/x-multi-encrypted") is (
        protocol == "CredSSP" and size > 16_384
    )
    assert protocol in protocol_of(kind)
    assert decrypt(Rotated(), body) == message


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"Length=", b"Size="), (b"Length=", b"Length=9"), (b"--Encrypted Boundary", b"")],
)
def test_a_damaged_message_is_not_opened(old: bytes, new: bytes) -> None:
    body = encrypt(Rotated(), b"abc", "x")[1]
    with pytest.raises(UndecryptableError):
        decrypt(Rotated(), body.replace(old, new))


@pytest.mark.parametrize(
    "text",
    [
        b"GET /\r\n\r\n",
        b"x y z\r\n\r\n",
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHalf",
    ],
)
def test_what_is_not_http_is_refused(text: bytes) -> None:
    with pytest.raises(BadRequestError):
        read_request(io.BytesIO(text))


@pytest.mark.parametrize("text", [b"", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"])
def test_a_client_that_leaves_in_the_middle_has_left(text: bytes) -> None:
    assert read_request(io.BytesIO(text)) is None


def test_interleaved_fragments_make_their_messages() -> None:
    blobs = [struct.pack("<II", 2, 5) + bytes(32) + letter * 10 for letter in (b"a", b"b")]
    pieces = [
        struct.pack(">QQBI", n, part, flag, 25) + blob[part * 25 :][:25]
        for part, flag in ((0, 1), (1, 2))
        for n, blob in enumerate(blobs)
    ]
    assert [one.data for one in Defragmenter().feed(b"".join(pieces))] == [b"a" * 10, b"b" * 10]


@pytest.mark.parametrize(
    "data",
    [b"short", struct.pack(">QQBI", 1, 0, 3, 99) + b"x", struct.pack(">QQBI", 1, 0, 3, 1) + b"x"],
)
def test_malformed_fragments_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedFragmentError):
        list(Defragmenter().feed(data))


def test_a_message_of_any_size_is_cut_into_numbered_fragments() -> None:
    said = MessageWriter(uuid.uuid4()).say(MessageType.PIPELINE_OUTPUT, "x" * 70_000)
    assert [struct.unpack_from(">QQB", one) for one in said] == [(1, 0, 1), (1, 1, 0), (1, 2, 2)]


@pytest.mark.parametrize(
    "document",
    [
        b"<S>x</S>",
        b'<Obj><MS><Obj N="PowerShell"><MS><I32 N="Cmds">1</I32></MS></Obj></MS></Obj>',
        b'<Obj><MS><Obj N="PowerShell"><MS><Obj N="Cmds"><LST /></Obj></MS></Obj></MS></Obj>',
        CALLED_NOTHING,
    ],
)
def test_a_pipeline_without_commands_is_refused(document: bytes) -> None:
    with pytest.raises(MalformedClixmlError):
        parse_pipeline(document)


@pytest.mark.parametrize(
    "header", ["Basic !!", "Digest x", "Negotiate AAAA", "Negotiate !!", "Basic bm9ib2R5Om5v"]
)
def test_a_senseless_authorization_is_nobody(header: str) -> None:
    assert Authenticator(DIRECTORY, Connection(secure=True)).judge(header).caller is None


@pytest.mark.parametrize("name", ["contoso\\ADMIN", "admin", "admin@contoso", "admin@contoso.com"])
def test_an_account_answers_to_every_form_of_its_name(name: str) -> None:
    assert DIRECTORY.check(name, "secret") is not None


def test_a_duration_is_read_or_refused() -> None:
    assert parse_duration("P1DT2H3M4.5S").total_seconds() == 93_784.5
    with pytest.raises(MalformedRequestError):
        parse_duration("soon")
