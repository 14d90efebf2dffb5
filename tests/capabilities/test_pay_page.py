"""What a customer meets at a payment link: every state, every way of typing an amount, and strangers at the door."""

from __future__ import annotations

import pytest
from django.test import Client

from aldia.portal.colours import LIGHT, NIGHT, contrast, palette
from aldia.tenancy.models import Company, CompanyBrand, RateCount
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(settings: object) -> Company:
    settings.SECURE_SSL_REDIRECT = False  # type: ignore[attr-defined]
    return make_company(slug="tres-rios")


@pytest.mark.parametrize("accent", ["#ffff00", "#000000", "#ffffff", "#777777", "#1d4ed8", "#e11d48", "rojo", ""])
def test_the_colour_of_a_brand_can_be_read_everywhere(accent: str) -> None:
    colours = palette(accent)
    assert contrast(colours["accent"], colours["on_accent"]) >= 4.5
    assert contrast(colours["text"], LIGHT) >= 4.5
    assert contrast(colours["text_night"], NIGHT) >= 4.5


def test_the_brand_is_a_style_sheet_of_the_company(company: Company) -> None:
    with company_scope(company.pk):
        CompanyBrand.objects.create(company=company, accent="#ffe600")
    answer = Client().get("/marca/tres-rios/colores.css")
    assert answer["Content-Type"].startswith("text/css")
    assert b"--brand: #ffe600; --on-brand: #101620" in answer.content
    assert Client().get("/marca/tres-rios/logotipo.png").status_code == 404


def test_an_unknown_company_is_a_page_that_says_how_to_go_on(company: Company) -> None:
    answer = Client().get("/marca/nadie/colores.css", headers={"accept-language": "es-MX"})
    assert answer.status_code == 404
    assert "Esta liga no funciona" in answer.content.decode()


def test_the_staff_is_unknown_on_public_pages(company: Company) -> None:
    client = Client()
    client.force_login(
        make_user("ana@example.com", company), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    answer = client.get("/marca/tres-rios/colores.css")
    assert not answer.wsgi_request.user.is_authenticated
    assert "sessionid" not in answer.cookies
    assert client.get("/e/tres-rios/perfil/").status_code == 200  # and is still signed in where it belongs
    assert RateCount.objects.count() == 0
