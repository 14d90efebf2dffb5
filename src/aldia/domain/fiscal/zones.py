"""The time zones in which a place of issue may be, by the first two digits of its postal code.

A CFDI is dated in the local time of its LugarExpedicion, its stamp in the time of central Mexico
(http://www.sat.gob.mx/sitio_internet/cfd/TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd). Within a state some
municipalities keep another clock (Ley de los Husos Horarios, https://www.diputados.gob.mx/LeyesBiblio/pdf/LHHEUM.pdf),
so a code stands for every zone that it may mean.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

CENTRE = "America/Mexico_City"

_BORDER_EAST = (CENTRE, "America/Matamoros")
_ZONES: dict[str, tuple[str, ...]] = (
    dict.fromkeys(("21", "22"), ("America/Tijuana",))
    | {"23": ("America/Mazatlan",), "77": ("America/Cancun", CENTRE)}
    | dict.fromkeys(("80", "81", "82"), ("America/Mazatlan",))
    | dict.fromkeys(("83", "84", "85"), ("America/Hermosillo", "America/Tijuana"))
    | {"63": ("America/Mazatlan", "America/Bahia_Banderas")}
    | dict.fromkeys(("31", "32", "33"), ("America/Chihuahua", "America/Ciudad_Juarez", "America/Ojinaga"))
    | dict.fromkeys(("25", "26", "27", "64", "65", "66", "67", "87", "88", "89"), _BORDER_EAST)
)
_EVERYWHERE = tuple(sorted({zone for zones in _ZONES.values() for zone in zones} | {CENTRE}))


def zones_of(postal_code: str) -> tuple[ZoneInfo, ...]:
    """Zones of a place of issue, likeliest first; all of Mexico's where the code says nothing."""
    known = len(postal_code) == 5 and postal_code.isdecimal()
    names = _ZONES.get(postal_code[:2], (CENTRE,)) if known else _EVERYWHERE
    return tuple(ZoneInfo(name) for name in names)
