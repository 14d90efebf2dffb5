"""A package while it arrives: one base64 text of any length, decoded piece by piece into a file.

Memory stays the same whatever its size. Read with expat, which keeps nothing of what it has told; a DOCTYPE ends it.
"""

from __future__ import annotations

import binascii
import hashlib
import tempfile
from typing import BinaryIO, cast
from xml.parsers import expat

from aldia.domain.ports.tax import AuthorityFailure, Package
from aldia.integrations.tax.mx_sat.answers import MESSAGE
from aldia.integrations.tax.mx_sat.envelopes import OPERATIONS, SOAP
from aldia.integrations.tax.mx_sat.wire import garbled, refuse, refuse_status

MOST = 1024 * 1024 * 1024
IN_MEMORY = 4 * 1024 * 1024
_PACKAGE, _ANSWER, _FAULT = f"{OPERATIONS} Paquete", f"{OPERATIONS} respuesta", f"{SOAP} Fault"
_DEEPEST = 16
_BLANK = dict.fromkeys(map(ord, " \t\r\n"))


class PackageReader:
    """Takes the answer's bytes as they come (`feed`), then tells what it was (`finish`)."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._size, self._rest = most, 0, ""
        self._is_padded = self._is_broken = self._is_too_big = False
        self._sum = hashlib.sha256()
        self._path: list[str] = []
        self._answer: dict[str, str] | None = None
        self._fault: dict[str, str] = {}
        self._file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 (handed on)
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, chunk: bytes) -> None:
        if self._is_broken:
            return
        try:
            self._parser.Parse(chunk, False)
        except (expat.ExpatError, binascii.Error, ValueError, OverflowError):
            self._is_broken = True

    def finish(self, status: int) -> Package:
        """The package, at its start. Raises `AuthorityFailure`."""
        try:
            return self._finish(status)
        except AuthorityFailure:
            self._file.close()
            raise

    def close(self) -> None:
        """Throw away what came."""
        self._file.close()

    def _finish(self, status: int) -> Package:
        if not self._is_broken:
            try:
                self._parser.Parse(b"", True)
            except expat.ExpatError:
                self._is_broken = True
        if self._is_too_big:
            text = "El paquete es más grande de lo que esta instalación acepta."
            raise AuthorityFailure("too_big", text, permanent=True)
        if self._fault:
            words = {name: " ".join(said.split()) for name, said in self._fault.items()}
            refuse(words.get("faultcode", ""), words.get("faultstring", ""), with_token=True)
        refuse_status(status, with_token=True)
        if self._is_broken or self._answer is None or self._rest:
            garbled()
        code = self._answer.get("CodEstatus", "").strip()
        if not code.isalnum() or len(code) > 10:
            garbled()
        message = " ".join(self._answer.get("Mensaje", "").split())[:MESSAGE]
        if not self._size or code != "5000":
            self._file.close()
            return Package(code, message)
        self._file.seek(0)
        return Package(code, message, self._file, self._size, self._sum.hexdigest())

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > _DEEPEST:
            raise ValueError("too deep")
        if name == _ANSWER and self._answer is None:
            self._answer = attributes
        if name == _FAULT:
            self._fault.setdefault("faultcode", "")

    def _end(self, name: str) -> None:
        self._path.pop()

    def _text(self, text: str) -> None:
        here = self._path[-1]
        if here == _PACKAGE:
            self._decode(self._rest + text.translate(_BLANK))
        elif _FAULT in self._path and len(self._fault.get(here, "")) < MESSAGE:
            name = here.rpartition(" ")[2]
            self._fault[name] = self._fault.get(name, "") + text

    def _decode(self, text: str) -> None:
        whole = len(text) // 4 * 4
        ready, self._rest = text[:whole], text[whole:]
        if text and self._is_padded:
            raise ValueError("more after the end")
        data = binascii.a2b_base64(ready.encode("ascii"), strict_mode=True) if ready else b""
        self._is_padded = ready.endswith("=")
        self._size += len(data)
        if self._size > self._most:
            self._is_too_big = True
            raise ValueError("too big")
        self._sum.update(data)
        self._file.write(data)

    def _refuse(self, *_declared: object) -> None:
        raise ValueError("DOCTYPE")
