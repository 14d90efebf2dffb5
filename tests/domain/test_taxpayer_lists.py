"""SAT's lists of taxpayers as their files say them."""

from __future__ import annotations

from datetime import date

import pytest

from aldia.domain.fiscal.taxpayer_lists import NotAList, is_against, read_list

SIMULATED = (
    '"Información actualizada al 31 de marzo de 2024; los listados, con coma, son públicos.",,,,\n'
    "Listado completo de contribuyentes (Artículo 69-B del CFF),,,,\n"
    "No,RFC,Nombre del Contribuyente,Situación del contribuyente,Publicación página SAT presuntos,"
    "Publicación DOF presuntos,Publicación página SAT definitivos,Publicación página SAT sentencia favorable\n"
    '1,aaa010101aa1,"PRIMERA, S.A. DE C.V.",Presunto,01/06/2018,25/06/2018,,\n'
    "2,BBB010101BB2,SEGUNDA,Definitivo,01/06/2018,25/06/2018,28/09/2018,\n"
    '3,CCC010101CC3,"TERCERA\nEN DOS LÍNEAS",Sentencia Favorable,01/06/2018,,28/09/2018,05/03/2019\n'
    "4,,SIN RFC,Presunto,,,,\n"
    "5,DDD010101DD4,CUARTA,Desvirtuado,31/02/2018,,,\n"
)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_the_list_of_69b(encoding: str) -> None:
    file = read_list(SIMULATED.encode(encoding), file_name="cualquiera.csv")
    rows = list(file.rows)
    assert (file.name, file.published_on) == ("69b", date(2024, 3, 31))
    assert [(row.tax_id, row.situation, row.since) for row in rows] == [
        ("AAA010101AA1", "Presunto", date(2018, 6, 1)),
        ("BBB010101BB2", "Definitivo", date(2018, 9, 28)),
        ("CCC010101CC3", "Sentencia Favorable", date(2019, 3, 5)),
        ("DDD010101DD4", "Desvirtuado", None),
    ]
    assert rows[0].name == "PRIMERA, S.A. DE C.V."
    assert rows[2].name == "TERCERA EN DOS LÍNEAS"


def other(reason: str) -> bytes:
    head = "RFC,RAZÓN SOCIAL,TIPO PERSONA,SUPUESTO,FECHAS DE PRIMERA PUBLICACION,MONTO,FECHA DE PUBLICACION\n"
    return f'{head}EEE010101EE5,"QUINTA, SA",M,{reason},01/01/2014,"1,000",x\n'.encode("cp1252")


@pytest.mark.parametrize(
    ("file_name", "reason", "name"),
    [
        ("Firmes.csv", "FIRMES", "firmes"),
        ("bajado.csv", "NO LOCALIZADOS", "no_localizados"),
        ("No_localizados.csv", "", "no_localizados"),
        ("Cancelados.csv", "CANCELADOS POR INSOLVENCIA", "cancelados"),
        ("CSDsinefectos.csv", "Artículo 17-H", "csd_sin_efectos"),
        ("Sentencias.csv", "SENTENCIAS", "sentencias"),
    ],
)
def test_lists_of_article_69_are_known_by_their_file_or_their_reason(file_name: str, reason: str, name: str) -> None:
    file = read_list(other(reason), file_name=file_name)
    assert file.name == name
    assert [(row.tax_id, row.name, row.since, row.detail) for row in file.rows] == [
        ("EEE010101EE5", "QUINTA, SA", date(2014, 1, 1), "1,000")
    ]


@pytest.mark.parametrize("data", [b"", b"\x00\xff\xfe", b"a,b,c\n1,2,3\n", other("OTRA COSA")], ids=list("abcd"))
def test_what_is_no_list_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(NotAList) as caught:
        list(read_list(data, file_name="x.csv").rows)
    assert "SAT" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "situation", "against"),
    [
        ("69b", "Definitivo", True),
        ("69b", "Presunto", True),
        ("69b", "Desvirtuado", False),
        ("69b", "Sentencia Favorable", False),
        ("firmes", "FIRMES", True),
    ],
)
def test_who_was_cleared_is_not_held_against(name: str, situation: str, against: bool) -> None:
    assert is_against(name, situation) is against
