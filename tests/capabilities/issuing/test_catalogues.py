"""The authority's catalogues: loaded as a whole or not at all, from satcfdi or SAT's workbook; searched in order."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from aldia.cli.main import main
from aldia.domain.fiscal.catalogue_sheets import CatalogueRow, NoCatalogue
from aldia.integrations.tax import mx_catalogues, mx_schemas
from aldia.issuing.models import CatalogueEntry
from aldia.issuing.operations.catalogues import CatalogueLooksCut, load
from aldia.issuing.queries import catalogues
from aldia.issuing.queries.catalogues import PRODUCTS, codes, exists, name_of, search
from tests.domain.test_catalogue_sheets import CURRENCIES, USES
from tests.domain.test_catalogue_sheets import PRODUCTS as SHEET

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROWS = (
    CatalogueRow("01010101", "No existe en el catálogo"),
    CatalogueRow("43211503", "Computadores notebook", "laptop portátil"),
    CatalogueRow("43211507", "Computadores de escritorio"),
    CatalogueRow("72101507", "Mantenimiento de edificios"),
    CatalogueRow("78101802", "Transporte de carga por carretera", valid_from=date(2022, 1, 1)),
    CatalogueRow("81111812", "Servicio de mantenimiento o soporte de hardware del computador"),
    CatalogueRow("85101501", "Servicios de urgencias 100% médicas", valid_to=date(2025, 12, 31)),
)


def load_products(rows: Iterable[CatalogueRow] = ROWS, **options: bool) -> None:
    load(catalogue=PRODUCTS, rows=rows, source="prueba", revision="1", now=NOW, **options)


def found(text: str, **options: object) -> list[str]:
    return [entry.code for entry in search(PRODUCTS, text, **options)]


class TestSearch:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("01010101", ["01010101"]),
            ("4321", ["43211503", "43211507"]),
            ("computador", ["43211503", "43211507", "81111812"]),
            ("Computadores", ["43211503", "43211507", "81111812"]),
            ("mantenimiento", ["72101507", "81111812"]),
            ("COMPUTADOR SERVICIO", ["81111812"]),
            ("laptop", ["43211503"]),
            ("portatil", ["43211503"]),
            ("médicas", ["85101501"]),
            ("100%", ["85101501"]),
            ("%", ["01010101", "43211503", "43211507", "72101507", "78101802", "81111812", "85101501"]),
            ("_", ["01010101", "43211503", "43211507", "72101507", "78101802", "81111812", "85101501"]),
            ("mantenimiento de cómputo", ["81111812", "43211503", "43211507", "72101507"]),
            ("transporte marítimo", ["78101802"]),
            ("nada de esto", []),
            ("xyz", []),
        ],
    )
    def test_the_likeliest_first(self, text: str, expected: list[str]) -> None:
        load_products()
        assert found(text) == expected

    def test_only_what_is_in_force_and_no_more_than_asked(self) -> None:
        load_products()
        assert found("servicio", on=date(2025, 12, 31)) == ["85101501", "81111812"]
        assert found("servicio", on=date(2026, 1, 1)) == ["81111812"]
        assert found("carga", on=date(2021, 12, 31)) == []
        assert found("", limit=2) == ["01010101", "43211503"]

    def test_one_statement_for_what_is_found(self, django_assert_num_queries: object) -> None:
        load_products()
        with django_assert_num_queries(2):  # type: ignore[operator]  # is it loaded, and the rows
            search(PRODUCTS, "computador")

    def test_a_small_set_answers_until_one_is_loaded(self) -> None:
        assert [entry.code for entry in search("c_ClaveUnidad", "pieza")] == ["H87"]
        assert [entry.code for entry in search("c_UsoCFDI", "mercancías")] == ["G01"]
        assert (name_of("c_FormaPago", "03"), name_of("c_FormaPago", "77")) == (
            "Transferencia electrónica de fondos",
            "",
        )
        assert [entry.code for entry in codes("c_MetodoPago")] == ["PPD", "PUE"]
        assert search("c_Inventado", "algo") == []

    def test_what_a_small_set_lacks_is_unknown_rather_than_wrong(self) -> None:
        assert (exists(PRODUCTS, "84111506"), exists(PRODUCTS, "43211503")) == (True, None)
        load_products()
        assert (exists(PRODUCTS, "43211503"), exists(PRODUCTS, "84111506")) == (True, False)
        assert exists(PRODUCTS, "85101501", on=date(2026, 1, 1)) is False


class TestLoading:
    def test_a_load_replaces_the_one_before_as_a_whole(self) -> None:
        load_products()
        load_products([*ROWS[:4], CatalogueRow("99999999", "Nueva")])
        assert [entry.code for entry in codes(PRODUCTS)] == ["01010101", "43211503", "43211507", "72101507", "99999999"]
        (row,) = catalogues.loads()
        assert (row.rows, row.source, row.revision) == (5, "prueba", "1")

    def test_other_catalogues_are_left_alone(self) -> None:
        load_products()
        load(catalogue="c_ClaveUnidad", rows=[CatalogueRow("H87", "Pieza")], source="x", now=NOW)
        assert (len(codes(PRODUCTS)), len(codes("c_ClaveUnidad"))) == (len(ROWS), 1)

    def test_a_source_that_breaks_leaves_what_there_was(self) -> None:
        load_products()

        def broken() -> Iterable[CatalogueRow]:
            yield CatalogueRow("99999999", "Nueva")
            raise OSError

        with pytest.raises(OSError):  # noqa: PT011
            load_products(broken())
        assert [entry.code for entry in codes(PRODUCTS)] == [row.code for row in ROWS]

    @pytest.mark.parametrize("rows", [(), ROWS[:3]])
    def test_one_that_looks_cut_is_not_taken(self, rows: tuple[CatalogueRow, ...]) -> None:
        load_products()
        with pytest.raises(CatalogueLooksCut):
            load_products(rows)
        assert len(codes(PRODUCTS)) == len(ROWS)

    def test_unless_somebody_says_that_it_is_right(self) -> None:
        load_products()
        load_products(ROWS[:1], is_confirmed=True)
        assert len(codes(PRODUCTS)) == 1

    def test_a_code_twice_counts_as_it_came_last(self) -> None:
        again = [CatalogueRow(f"{number:08d}", "x") for number in range(1500)]
        load_products([*again, CatalogueRow("00000001", "la última"), CatalogueRow("00000001", "la última de todas")])
        assert name_of(PRODUCTS, "00000001") == "la última de todas"
        assert CatalogueEntry.objects.count() == 1500


def workbook(**sheets: list[list[object]]) -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for at, line in enumerate(lines):
                sheet.write_row(at, 0, line)
    return held.getvalue()


class TestSources:
    def test_the_workbook_of_the_authority(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "catCFDI_V_4.xlsx"
        path.write_bytes(workbook(Portada=[["x"]], c_ClaveProdServ=SHEET, c_UsoCFDI=USES, c_Moneda=CURRENCIES))
        assert main(["catalogues", "load", "--from", str(path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"loaded": {"c_ClaveProdServ": 2, "c_UsoCFDI": 2, "c_Moneda": 2}}
        assert found("fletes") == ["78101802"]
        assert search("c_UsoCFDI", "honorarios")[0].detail["company"] is False
        assert {(row.source, row.revision) for row in catalogues.loads()} >= {("catCFDI_V_4.xlsx", "2.0")}

    def test_parts_of_a_catalogue_are_one(self) -> None:
        codes_of = [["c_CodigoPostal", "Estado"]]
        data = workbook(
            c_CodigoPostal_Parte_1=[*codes_of, [1000.0, "CMX"]], c_CodigoPostal_Parte_2=[*codes_of, ["64000", "NLE"]]
        )
        (catalogue,) = mx_catalogues.published(data, "x.xlsx")
        assert catalogue.name == "c_CodigoPostal"

    @pytest.mark.parametrize(
        ("data", "refusal"),
        [
            (b"", mx_catalogues.NotAWorkbook),
            (b"<html>", mx_catalogues.NotAWorkbook),
            (workbook(Hoja1=[["nada"]]), NoCatalogue),
        ],
    )
    def test_another_file_is_refused_in_a_sentence(self, data: bytes, refusal: type[Exception]) -> None:
        with pytest.raises(refusal):
            list(mx_catalogues.published(data, "x.xlsx"))

    def test_the_command_says_what_is_wrong(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["catalogues", "load", "--from", str(tmp_path / "no.xlsx")]) == 2
        (tmp_path / "a.xlsx").write_bytes(b"texto")
        assert main(["catalogues", "load", "--from", str(tmp_path / "a.xlsx")]) == 3
        assert "no es el libro de Excel" in capsys.readouterr().err

    def test_the_command_searches_and_lists(self, capsys: pytest.CaptureFixture[str]) -> None:
        load_products()
        assert main(["catalogues", "search", PRODUCTS, "laptop"]) == 0
        assert main(["catalogues", "list"]) == 0
        assert main(["catalogues", "search", PRODUCTS, "xyz"]) == 1
        assert "43211503   Computadores notebook" in (out := capsys.readouterr().out)
        assert "c_ClaveProdServ" in out

    @pytest.mark.skipif(not mx_schemas.is_available(), reason="satcfdi is not installed (aldia[mx])")
    def test_those_of_satcfdi(self) -> None:
        for catalogue in mx_catalogues.bundled():
            if catalogue.name in ("c_Moneda", "c_UsoCFDI", "c_ObjetoImp", "c_ClaveUnidad"):
                load(catalogue=catalogue.name, rows=catalogue.rows, source=catalogue.source, now=NOW)
        assert len(codes("c_ObjetoImp")) == 8
        assert [entry.detail for entry in search("c_Moneda", "JPY")] == [{"decimals": 0}]
        assert search("c_ClaveUnidad", "pieza")[0].code == "H87"

    def test_a_pickle_that_would_run_something_is_refused(self) -> None:
        for hostile in (Path("/"), print, {"a": 1}):
            with pytest.raises(mx_catalogues.BadBundle, match="no es un dato"):
                mx_catalogues._plain(pickle.dumps(hostile, protocol=4))
        for plain in ("a", "ñ" * 300, 2, 70_000, ["MXN", 2], ["", "x", "", "x"]):
            assert mx_catalogues._plain(pickle.dumps(plain, protocol=4)) == plain
