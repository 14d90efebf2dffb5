"""How the people of the benchmark are called and how banks write what they pay. Nothing is taken from the engine."""

from __future__ import annotations

from random import Random

TRADES = (
    "Abarrotes", "Aceros", "Agropecuaria", "Alimentos", "Autopartes", "Bodegas", "Cafetera", "Calzado", "Carnes",
    "Cerámica", "Clínica", "Constructora", "Confecciones", "Consultores", "Cristales", "Despacho", "Diseños",
    "Distribuidora", "Editorial", "Electrónica", "Empaques", "Envases", "Equipos", "Farmacéutica", "Ferretera",
    "Fletes", "Forrajes", "Fundidora", "Grúas", "Hilados", "Hotelera", "Imprenta", "Inmobiliaria", "Instalaciones",
    "Jardines", "Laboratorios", "Lácteos", "Logística", "Maderas", "Maquinados", "Mármoles", "Mueblería", "Operadora",
    "Papelera", "Pinturas", "Plásticos", "Productora", "Promotora", "Química", "Refacciones", "Restaurantes",
    "Seguridad", "Servicios", "Sistemas", "Suministros", "Talleres", "Textiles", "Transportes", "Tuberías", "Vidrios",
)  # fmt: skip
PLACES = (
    "Acambay", "Ajusco", "Anáhuac", "Atoyac", "Bajío", "Balsas", "Cantera", "Cedros", "Chapala", "Coatepec", "Cofre",
    "Comala", "Cuitzeo", "Durazno", "Encinos", "Frailesca", "Golondrinas", "Huasteca", "Ixtapa", "Jacala", "Jilotzingo",
    "Kabah", "Laguna", "Lerma", "Mixteca", "Mapimí", "Naolinco", "Nevado", "Ocotlán", "Olmeca", "Papaloapan", "Peñasco",
    "Pinacate", "Quelite", "Rumorosa", "Sabinas", "Soconusco", "Tajín", "Tarahumara", "Tepeyac", "Tlaloc", "Tonalá",
    "Urique", "Usumacinta", "Valles", "Xaltocan", "Yaqui", "Zacatal", "Zempoala", "Zirahuén",
)  # fmt: skip
TAILS = (
    "del Norte", "del Sur", "del Golfo", "y Asociados", "Internacional", "Integral", "de México", "Hermanos", "& Cía",
    "del Pacífico", "Industrial", "Global", "Dos Mil", "Express", "y Derivados", "Continental", "", "", "", "",
)  # fmt: skip
ENDINGS = ("S.A. de C.V.", "S.A. de C.V.", "S.A. de C.V.", "S. de R.L. de C.V.", "S.A.P.I. de C.V.", "S.C.", "")
CONCEPTS = (
    "PAGO", "PAGO PROVEEDOR", "SERVICIOS", "PAGO DE SERVICIOS", "RENTA", "MATERIAL", "MERCANCIA", "TRANSFERENCIA",
    "MANTENIMIENTO", "PAGO MES ANTERIOR", "HONORARIOS", "LIQUIDACION", "COMPRA", "SU PAGO", "PAGO PENDIENTE",
)  # fmt: skip
SERIES = ("A", "B", "F", "FV", "MTY", "Q")
CALLED = ("FACTURA", "FACTURA", "FACT", "FAC", "FAC.", "FRA", "FOLIO", "PAGO FACTURA", "PAGO FACT", "PAGO FAC")
SPOKEN = ("SANTANDER", "BANAMEX", "HSBC", "SCOTIABANK", "BANREGIO", "INBURSA", "AZTECA", "AFIRME")
_PLAIN = str.maketrans("ÁÉÍÓÚÜÑ&", "AEIOUUN ")


def company(random: Random) -> str:
    tail = random.choice(TAILS)
    body = f"{random.choice(TRADES)} {random.choice(PLACES)}"
    if random.random() < 0.6:
        body += f" {random.choice(PLACES)}"
    body += f" {tail}" if tail else ""
    ending = random.choice(ENDINGS)
    return f"{body}, {ending}" if ending else body


def as_a_bank_writes(name: str, random: Random, most: int) -> str:
    """Capitals without accents or stops; in one of four without the legal form, in one of 25 with a letter wrong."""
    text = name
    if random.random() < 0.25:
        text = text.split(",")[0]
    text = text.upper().translate(_PLAIN).replace(",", "").replace(".", "")
    text = " ".join(text.split())
    if random.random() < 0.04 and len(text) > 6:
        at = random.randrange(2, len(text) - 2)
        text = random.choice(
            (text[:at] + text[at + 1 :], text[:at] + random.choice("AEIORSN") + text[at:], _swapped(text, at))
        )
    return text[:most].strip()


def _swapped(text: str, at: int) -> str:
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def rfc(random: Random) -> str:
    letters = "".join(random.choice("BCDFGLMPRSTV") for _ in range(3))
    day = f"{random.randrange(70, 99)}{random.randrange(1, 13):02d}{random.randrange(1, 28):02d}"
    return letters + day + random.choice("ABHKT") + random.choice("ABHKT0123456789") + random.choice("0123456789A")


def clabe(random: Random) -> str:
    digits = random.choice(("002", "012", "014", "021", "044", "072")) + "".join(
        random.choice("0123456789") for _ in range(14)
    )
    weighted = sum(int(digit) * (3, 7, 1)[i % 3] % 10 for i, digit in enumerate(digits))
    return digits + str(-weighted % 10)


def banorte(name: str, tax_id: str, account: str, concept: str, reference: str, trace: str, random: Random) -> str:
    return (
        f"SPEI RECIBIDO, BCO:00{random.randrange(10, 99)} {random.choice(SPOKEN)} "
        f"HR LIQ: {random.randrange(8, 18):02d}:{random.randrange(60):02d}:{random.randrange(60):02d} "
        f"DEL CLIENTE {name} DE LA CLABE {account} CON RFC {tax_id} CONCEPTO: {concept} REFERENCIA: {reference} "
        f"CVE RAST: {trace}"
    )


def bbva(concept: str, reference: str, random: Random) -> str:
    number = f"01{random.randrange(10**8):08d}"
    return f"SPEI RECIBIDO{random.choice(SPOKEN)}/{number}  {random.randrange(2, 99):03d} {reference:0>7}{concept}"


def santander(name: str, concept: str, reference: str, trace: str, random: Random) -> str:
    who = f" RECIBIDO DE {random.choice(SPOKEN)} DEL CLIENTE {name} REF {reference}" if name else f" REF {reference}"
    hour = f"{random.randrange(8, 18):02d}:{random.randrange(60):02d}:00"
    return f"ABONO TRANSFERENCIA SPEI HORA {hour}{who} CLAVE DE RASTREO {trace} CONCEPTO {concept}"


def other(name: str, concept: str, random: Random) -> str:
    if name:
        return f"TRANSFERENCIA RECIBIDA DE {name}, {concept}"
    return f"DEPOSITO POR TRANSFERENCIA {random.randrange(10**6):06d}, {concept}"


def cash(random: Random) -> str:
    return random.choice(("DEPOSITO EN EFECTIVO SUC {}", "DEPOSITO CHEQUE {}", "DEP S B C {}")).format(
        random.randrange(100, 999)
    )
