"""CLABE that we give out ourselves, and whose bank one is. Whether one is well formed: `domain.tax_ids.check_clabe`.

The first three digits name the bank (ABM), https://www.banxico.org.mx/cep-scl/listaInstituciones.do. The list grows and
test accounts use numbers that no list has, so an unknown bank is at most a warning.
"""

from __future__ import annotations

from aldia.domain.sentences import Refusal, gettext_noop
from aldia.domain.tax_ids import clabe_check_digit

BANKS = {
    "002": "Banamex", "006": "Bancomext", "009": "Banobras", "012": "BBVA México", "014": "Santander",
    "019": "Banjército", "021": "HSBC", "030": "BanBajío", "036": "Inbursa", "042": "Mifel", "044": "Scotiabank",
    "058": "Banregio", "059": "Invex", "060": "Bansí", "062": "Afirme", "072": "Banorte", "106": "Bank of America",
    "108": "MUFG", "110": "J.P. Morgan", "112": "Monex", "113": "Ve por Más", "127": "Banco Azteca", "128": "Autofin",
    "129": "Barclays", "130": "Compartamos", "132": "Multiva", "133": "Actinver", "135": "Nafin", "136": "Intercam",
    "137": "BanCoppel", "138": "Ualá", "140": "Consubanco", "141": "Volkswagen", "143": "CIBanco", "145": "BBase",
    "147": "Bankaool", "148": "PagaTodo", "150": "Inmobiliario", "151": "Dondé", "152": "Bancrea", "154": "Covalto",
    "155": "ICBC", "156": "Sabadell", "157": "Shinhan", "158": "Mizuho", "159": "Bank of China", "160": "Banco S3",
    "166": "Banco del Bienestar", "168": "Hipotecaria Federal", "600": "Monex Casa de Bolsa", "601": "GBM",
    "602": "Masari", "605": "Value", "616": "Finamex", "617": "Valmex", "620": "Profuturo",
    "630": "Intercam Casa de Bolsa", "631": "CI Casa de Bolsa", "634": "Fincomún", "638": "Nu México", "646": "STP",
    "652": "Crediclub", "653": "Kuspit", "656": "Unagra", "659": "ASP Integra", "661": "Klar", "670": "Libertad",
    "677": "Caja Popular Mexicana", "680": "Cristóbal Colón", "683": "Caja Telefonistas", "684": "Transfer",
    "685": "Fondo FIRA", "686": "Invercap", "689": "Fomped", "699": "Fondeadora", "703": "Tesored", "706": "Arcus",
    "710": "NVIO", "715": "Cashi", "720": "MexPago", "721": "Albo", "722": "Mercado Pago", "723": "Cuenca",
    "728": "Spin by OXXO", "729": "Dep y Pag Dig", "730": "Swap", "732": "Peibo", "734": "FincoPay", "738": "Fintoc",
    "902": "Indeval",
}  # fmt: skip


class NoMoreClabes(Refusal):
    code = "no_more_clabes"
    template = gettext_noop("Con el prefijo %(prefix)s ya no caben más CLABE: pide otro a tu proveedor.")


class BadPrefix(Refusal):
    code = "bad_prefix"
    template = gettext_noop("El prefijo de las CLABE lleva de 6 a 14 dígitos: banco, plaza y lo que te asignaron.")


def issue(prefix: str, sequence: int) -> str:
    """The CLABE of a number under a prefix that a bank gave to one company. Raises `BadPrefix` or `NoMoreClabes`."""
    if not (prefix.isascii() and prefix.isdigit() and 6 <= len(prefix) <= 14):
        raise BadPrefix()
    room = 17 - len(prefix)
    if not 0 < sequence < 10**room:
        raise NoMoreClabes(prefix=prefix)
    first = f"{prefix}{sequence:0{room}d}"
    return first + clabe_check_digit(first)


def bank_of(clabe: str) -> str:
    """The bank's name, "" for one we do not know. Takes a CLABE or SPEI's five-digit code of a participant (40012)."""
    return BANKS.get(clabe[2:] if len(clabe) == 5 else clabe[:3], "")
