"""Invented names, RFC and CLABE, well formed and with the right check digits. No real people, no real companies."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from random import Random

from aldia.domain.tax_ids import clabe_check_digit, rfc_check_digit

TRADES = (
    *("Abarrotes", "Hotel", "Restaurante", "Comedores Industriales", "Clínica", "Colegio", "Panificadora"),
    *("Lavandería", "Cafetería", "Papelería", "Ferretería", "Maquiladora", "Empacadora", "Transportes"),
    *("Farmacias", "Dulcería", "Banquetes", "Inmobiliaria", "Comercializadora", "Tortillería", "Autoservicio"),
    *("Limpieza Integral", "Laboratorios", "Gimnasios", "Mariscos", "Agroindustrias", "Muebles", "Imprenta"),
)
BRANDS = (
    *("La Ñapa Dorada", "El Sabino Viejo", "Los Ahuehuetes del Norte", "Peña Colibrí", "Cañada Honda", "El Búho Azul"),
    *("Ojo de Ágata", "Valle Jacarandá", "Tres Cántaros", "Las Güeritas", "Sierra Papaloma", "Bahía Turquesa"),
    *("Niño Dorado", "Montaña Lila", "Xicotlán", "Tepeñac", "Quinta Aurora", "Río Membrillo", "Zarapito", "Nubaria"),
    *("Pico de Águila", "La Piñata Mayor", "Camino Añil", "El Órgano", "Lumbreras & Hijos", "Punta Pelícano"),
    *("Casa Muñoa", "Cuatro Veredas", "Flor de Biznaga", "Copal y Barro", "Ñandú", "Siete Faroles", "Agua Jaspe"),
    *("Tlalnahui", "Mezquital Hondo", "Torre Cobalto", "El Huizachal", "Amatista", "Garza & Peñuela", "Lomas de Ocre"),
    *("Piedra Lumbre", "Canto Rodado", "Estrella Cárdena", "La Cigüeña", "Almácigo", "Barranca Añeja", "Cempasúchil"),
    *("Obsidiana", "Palo Dulce", "Rincón Calizo", "El Tecolotín", "Vereda Tropical", "Zócalo Verde", "Yolixpa"),
)
FORMS = (("S.A. de C.V.", 58), ("S. de R.L. de C.V.", 16), ("S.A.P.I. de C.V.", 7), ("S.C.", 5), ("S.A.S. de C.V.", 4))
GIVEN = (
    *("Begoña", "Íñigo", "Ximena", "Nicolás", "Zoé", "Ramón", "Itzel", "Germán", "Renata", "Efraín", "Lucía", "Óscar"),
    *("Yatziri", "Ulises", "Paloma", "Fermín", "Citlali", "Héctor", "Amalia", "Leonel"),
)
SURNAMES = (
    *("Iturbe", "Muñiz", "Quezada", "Ocaranza", "Peñaloza", "Tlapa", "Zubieta", "Cárdeno", "Ibáñez", "Xolalpa"),
    *("Urrutia", "Malváez", "Ordaz", "Becerril", "Güemes", "Landeta", "Nájera", "Escamilla", "Viveros", "Yáñez"),
)
# City, postal code, telephone prefix, plaza of its CLABEs. The last three are at the northern border (IVA 8 %).
CITIES = (
    *(("Ciudad de México", "06700", "55", "180"), ("Guadalajara", "44100", "33", "320")),
    *(("Monterrey", "64000", "81", "580"), ("Puebla", "72000", "222", "650"), ("Querétaro", "76000", "442", "680")),
    *(("León", "37000", "477", "225"), ("Mérida", "97000", "999", "910"), ("Toluca", "50000", "722", "420")),
    *(("Veracruz", "91700", "229", "905"), ("Morelia", "58000", "443", "470"), ("Culiacán", "80000", "667", "730")),
    *(("Tijuana", "22010", "664", "028"), ("Ciudad Juárez", "32000", "656", "164"), ("Reynosa", "88500", "899", "821")),
)
BORDER = frozenset({"Tijuana", "Ciudad Juárez", "Reynosa"})
# Bank of the CLABE and the RFC that a payment complement prints of it (public, from the banks' own documents).
BANKS = (("012", "BBA830831LJ2"), ("072", "BMN930209927"), ("002", "BNM840515VB1"), ("014", "BSM970519DU8"))

_SMALL_WORDS = frozenset({"LA", "EL", "LOS", "LAS", "DE", "DEL", "Y", "&"})


def plain(text: str) -> str:
    """Upper case without accents, keeping Ñ: how most names are in SAT's register."""
    kept = text.upper().replace("Ñ", "\0")
    bare = "".join(c for c in unicodedata.normalize("NFD", kept) if not unicodedata.combining(c))
    return bare.replace("\0", "Ñ")


def slug(text: str) -> str:
    """Lower-case ASCII letters and digits, for e-mail domains and file names."""
    bare = plain(text).replace("Ñ", "N").lower()
    return "".join(c for c in bare if c.isascii() and c.isalnum())


def company_rfc(name: str, rng: Random) -> str:
    """Three letters of the name, a day of incorporation, two characters and the check digit."""
    words = [w for w in plain(name).replace(".", " ").split() if w not in _SMALL_WORDS] or ["EMPRESA"]
    letters = "".join(w[0] for w in words[:3])
    letters = (letters + words[-1][1:] + "XXX")[:3]
    day = date(1985, 1, 1) + timedelta(days=rng.randrange(13_500))
    return _with_digit(f"{letters}{day:%y%m%d}", rng)


def person_rfc(given: str, first: str, second: str, rng: Random) -> str:
    """Letters of the surnames and the name, a day of birth, two characters and the check digit."""
    surname = plain(first)
    vowel = next((c for c in surname[1:] if c in "AEIOU"), "X")
    day = date(1955, 1, 1) + timedelta(days=rng.randrange(16_000))
    return _with_digit(f"{surname[0]}{vowel}{plain(second)[0]}{plain(given)[0]}{day:%y%m%d}", rng)


def _with_digit(start: str, rng: Random) -> str:
    body = start + rng.choice("ABCDEFGHIJKLMNPQRSTUVWXYZ123456789") + rng.choice("ABCDEFGHIJKLMNPQRSTUVWXYZ0123456789")
    return body + rfc_check_digit(body + "0")


def clabe(bank: str, plaza: str, rng: Random) -> str:
    """18 digits with the right control digit."""
    body = f"{bank}{plaza}{rng.randrange(10**11):011d}"
    return body + clabe_check_digit(body)


def phone(prefix: str, rng: Random) -> str:
    """Ten digits in the form of a Mexican number."""
    local = 10 - len(prefix)
    return f"+52 {prefix} {rng.randrange(2, 9)}{rng.randrange(10 ** (local - 1)):0{local - 1}d}"


def pick_form(rng: Random) -> str:
    """A kind of company, by how common it is."""
    return rng.choices([name for name, _ in FORMS], [weight for _, weight in FORMS])[0]
