"""Sheets of SAT's workbook of catalogues as it publishes them: titles above, headings on a line or two, lost zeros."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from aldia.domain.fiscal.catalogue_sheets import BadCatalogue, CatalogueRow, catalogue_of, read_sheet

ABOVE = [["Catálogo"], ["Versión CFDI", "Versión catálogo"], ["4.0", "2.0"], []]
PRODUCTS = [
    *ABOVE,
    ["c_ClaveProdServ", "Descripción", "Incluir IVA trasladado", "Incluir IEPS trasladado",
     "Complemento que debe incluir", "FechaInicioVigencia", "FechaFinVigencia", "Estímulo Franja Fronteriza",
     "Palabras similares"],
    [1010101.0, "No existe en el catálogo", "Opcional", "Opcional", "", datetime(2022, 1, 1), "", "1", ""],
    ["78101802", "Servicios transporte de carga", "Sí", "No", "", "01/01/2022", "31/12/2030", "0", "Fletes, camión"],
    ["", "", "", "", "", "", "", "", ""],
]  # fmt: skip
USES = [
    *ABOVE,
    ["c_UsoCFDI", "Descripción", "Aplica para tipo persona", "", "Fecha inicio de vigencia", "Fecha fin de vigencia",
     "Régimen Fiscal Receptor"],
    ["", "", "Física", "Moral", "", "", ""],
    ["G01", "Adquisición de mercancías.", "Sí", "Sí", date(2022, 1, 1), None, "601, 603, 606"],
    ["D01", "Honorarios médicos", "Sí", "No", date(2022, 1, 1), None, "605,\n606"],
]  # fmt: skip
UNITS = [
    ["c_ClaveUnidad", "Nombre", "Descripción", "Nota"],
    ["H87", "Pieza", "Unidad de  conteo", ""],
]
CURRENCIES = [["c_Moneda", "Descripción", "Decimales"], ["JPY", "Yen", 0.0], ["MXN", "Peso Mexicano", "2"]]


def test_products() -> None:
    assert list(read_sheet("c_ClaveProdServ", PRODUCTS)) == [
        CatalogueRow(
            "01010101", "No existe en el catálogo", "",
            {"iva": "Opcional", "ieps": "Opcional", "border": True}, date(2022, 1, 1), None,
        ),
        CatalogueRow(
            "78101802", "Servicios transporte de carga", "Fletes, camión",
            {"iva": "Sí", "ieps": "No", "border": False}, date(2022, 1, 1), date(2030, 12, 31),
        ),
    ]  # fmt: skip


def test_headings_on_two_lines() -> None:
    first, second = read_sheet("c_UsoCFDI", USES)
    assert first.detail == {"person": True, "company": True, "regimes": ["601", "603", "606"]}
    assert second.detail == {"person": True, "company": False, "regimes": ["605", "606"]}
    assert (first.valid_from, first.valid_to) == (date(2022, 1, 1), None)


def test_a_unit_is_called_by_its_name_and_found_by_its_description() -> None:
    (row,) = read_sheet("c_ClaveUnidad", UNITS)
    assert (row.name, row.synonyms) == ("Pieza", "Unidad de conteo")


def test_decimals_of_currencies() -> None:
    assert [(row.code, row.detail["decimals"]) for row in read_sheet("c_Moneda", CURRENCIES)] == [
        ("JPY", 0),
        ("MXN", 2),
    ]


@pytest.mark.parametrize(
    ("sheet", "name"),
    [
        ("c_ClaveProdServ", "c_ClaveProdServ"),
        ("C_FormaPago", "c_FormaPago"),
        ("c_CodigoPostal_Parte_2", "c_CodigoPostal"),
        ("c_CodigoPostal_1", "c_CodigoPostal"),
        ("C_Colonia_1", ""),
        ("Hoja1", ""),
    ],
)
def test_which_catalogue_a_sheet_is(sheet: str, name: str) -> None:
    assert catalogue_of(sheet) == name


@pytest.mark.parametrize("lines", [[], [["otra cosa"]] * 50, [["c_Moneda", "Otra"], ["MXN", "Peso"]]])
def test_what_is_no_catalogue_says_so(lines: list[list[object]]) -> None:
    with pytest.raises(BadCatalogue, match="c_Moneda"):
        list(read_sheet("c_Moneda", lines))
