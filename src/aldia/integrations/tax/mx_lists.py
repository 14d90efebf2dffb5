"""SAT's lists of taxpayers, downloaded from where it publishes them as open data.

http://omawww.sat.gob.mx/cifras_sat/Paginas/datos/vinculo.html?page=ListCompleta69.html
"""

from __future__ import annotations

import os

import httpx

BASE = "https://wu1agsprosta001.blob.core.windows.net/agsc-publicaciones/Datos_abiertos/"
FILES = {
    "69b": "Documents_AGAFF/Listado_completo_69-B.csv",
    "firmes": "Documents_AGR/Firmes.csv",
    "exigibles": "Documents_AGR/Exigibles.csv",
    "no_localizados": "Documents_AGR/No_localizados.csv",
    "sentencias": "Documents_AGR/Sentencias.csv",
    "csd_sin_efectos": "Documents_AGR/CSDsinefectos.csv",
}
MOST_BYTES = 300_000_000
TIMEOUT = httpx.Timeout(30, read=60)


class ListUnavailable(Exception):
    """SAT did not give the list; the sentence says why."""


def download(name: str) -> bytes:
    """The file of a list; `ALDIA_SAT_LISTS` is another address to take it from. Raises `ListUnavailable`."""
    address = os.environ.get("ALDIA_SAT_LISTS", BASE) + FILES[name]
    try:
        with httpx.stream("GET", address, timeout=TIMEOUT, follow_redirects=True) as answer:
            answer.raise_for_status()
            return _limited(answer)
    except httpx.HTTPError as error:
        raise ListUnavailable(f"El SAT no entregó la lista ({type(error).__name__}).") from None


def _limited(answer: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > MOST_BYTES:
            raise ListUnavailable("La lista pesa más de lo que una lista del SAT puede pesar.")
        parts.append(part)
    return b"".join(parts)
