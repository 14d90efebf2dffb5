"""A company's own words: saved with their version, kept apart from those of the house, put back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aldia.customers.operations.versions import NotThere, Stale
from aldia.messaging.builtins import builtins
from aldia.messaging.models import Template
from aldia.messaging.operations import templates
from aldia.messaging.operations.templates import (
    Words,
    archive_template,
    duplicate_template,
    restore_builtin,
    save_template,
    unarchive_template,
)
from aldia.messaging.queries.templates import builtin_template, choose_template, template_list
from aldia.messaging.scanning import TemplateError
from aldia.tenancy.models import AuditEvent, Company, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company

KEY = "after.firm.email.es"
MINE = Words("Mi aviso", "after", "email", "Asunto {{ folio }}", "Hola {{ cliente }}", tone="firm")


def test_a_new_template_is_saved_with_its_trail(company: Company, owner: User) -> None:
    row = save_template(words=replace(MINE, name="  Mi \t aviso ", body="Hola {{ cliente }}\r\n\r\n"), actor=owner)
    row.refresh_from_db()
    assert (row.name, row.body, row.version, row.builtin) == ("Mi aviso", "Hola {{ cliente }}", 1, "")
    event = AuditEvent.objects.get(verb="messaging.template_added")
    assert event.actor == owner
    assert event.detail["words"]["body"] == "Hola {{ cliente }}"


@pytest.mark.parametrize(
    ("change", "field", "line"),
    [
        ({"name": " "}, "name", 0),
        ({"name": "x" * 121}, "name", 0),
        ({"subject": " "}, "subject", 0),
        ({"subject": "a\nb"}, "subject", 0),
        ({"subject": "x" * 301}, "subject", 0),
        ({"subject": "{{ clinte }}"}, "subject", 1),
        ({"subject": "{{ tabla }}"}, "subject", 1),
        ({"subject": "{% for f in documentos %}{% endfor %}"}, "subject", 1),
        ({"body": " \n "}, "body", 0),
        ({"body": "a\nb {{ pagado }}"}, "body", 2),
        ({"channel": "sms", "body": "{{ tabla }}"}, "body", 1),
        ({"purpose": "spam"}, "purpose", 0),
        ({"channel": "fax"}, "channel", 0),
        ({"tone": "furioso"}, "tone", 0),
        ({"language": "xx"}, "language", 0),
        ({"provider_name": "x"}, "provider_name", 0),
        ({"channel": "whatsapp", "provider_name": "Mi Plantilla"}, "provider_name", 0),
        ({"channel": "whatsapp", "provider_name": "x", "body": "a {% if total %}b{% endif %} c"}, "body", 0),
        ({"channel": "whatsapp", "provider_name": "x", "body": "a {{ total | upcase }} c"}, "body", 0),
        ({"channel": "whatsapp", "provider_name": "x", "body": "{{ total }} c"}, "body", 0),
        ({"channel": "whatsapp", "provider_name": "x", "body": "c {{ total }}"}, "body", 0),
    ],
)
def test_what_is_refused(company: Company, change: dict[str, str], field: str, line: int) -> None:
    with pytest.raises(TemplateError) as caught:
        save_template(words=replace(MINE, **change), actor=None)
    assert (caught.value.field, caught.value.line) == (field, line)
    assert str(caught.value)
    assert not Template.objects.exists()


def test_an_edit_of_what_somebody_else_edited_is_told(company: Company, owner: User) -> None:
    row = save_template(words=MINE, actor=owner)
    edited = save_template(words=replace(MINE, body="Otro"), template_id=row.pk, version=1, actor=owner)
    assert (edited.version, edited.body) == (2, "Otro")
    with pytest.raises(Stale):
        save_template(words=replace(MINE, body="Tercero"), template_id=row.pk, version=1, actor=owner)
    same = save_template(words=replace(MINE, body="Otro"), template_id=row.pk, version=2, actor=owner)
    assert same.version == 2
    changes = AuditEvent.objects.get(verb="messaging.template_edited").detail["changes"]
    assert changes == {"body": ["Hola {{ cliente }}", "Otro"]}


def test_a_name_is_one_per_language(company: Company) -> None:
    save_template(words=MINE, actor=None)
    with pytest.raises(TemplateError, match="Ya hay una plantilla"):
        save_template(words=MINE, actor=None)
    save_template(words=replace(MINE, language="en"), actor=None)
    with company_scope(make_company("Otra", "OTR010203AB1").pk):
        save_template(words=MINE, actor=None)


def test_two_that_save_the_same_name_at_once_get_a_sentence(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    save_template(words=MINE, actor=None)
    monkeypatch.setattr(templates, "_refuse_taken", lambda *_arguments: None)  # the other one was not there yet
    with pytest.raises(TemplateError, match="Ya hay una plantilla"):
        save_template(words=MINE, actor=None)


def own_form(**change: Any) -> Template:
    house = builtins()[KEY]
    words = replace(MINE, name=house.name, subject=house.subject, body=house.body)
    return save_template(words=replace(words, **change), builtin=KEY, actor=None)


def test_a_built_in_becomes_the_companys_own_and_back(company: Company, owner: User) -> None:
    assert choose_template(purpose="after", channel="email", tone="firm").body == builtins()[KEY].body
    row = own_form(body="Pague {{ total }}", tone="neutral", purpose="before")
    assert (row.tone, row.purpose) == ("firm", "after")  # what it is for is what its id says
    chosen = choose_template(purpose="after", channel="email", tone="firm")
    assert (chosen.pk, chosen.body) == (row.pk, "Pague {{ total }}")
    with pytest.raises(Stale):
        own_form(body="otra vez")
    restored = restore_builtin(template_id=row.pk, version=1, actor=owner)
    assert (restored.body, restored.version) == (builtins()[KEY].body, 2)
    with pytest.raises(Stale):
        restore_builtin(template_id=row.pk, version=1, actor=owner)
    archive_template(template_id=row.pk, version=2, actor=owner)
    assert choose_template(purpose="after", channel="email", tone="firm")._state.adding
    revived = own_form(body="Pague ya {{ total }}")
    assert (revived.pk, revived.archived_at) == (row.pk, None)


def test_only_what_came_from_the_house_goes_back_to_it(company: Company) -> None:
    row = save_template(words=MINE, actor=None)
    with pytest.raises(NotThere):
        restore_builtin(template_id=row.pk, version=1, actor=None)
    with pytest.raises(NotThere):
        save_template(words=MINE, builtin="after.furious.email.es", actor=None)


def test_a_copy_is_for_a_person_to_change(company: Company) -> None:
    copy = duplicate_template(name="Copia", builtin=KEY, actor=None)
    assert (copy.body, copy.builtin, copy.purpose, copy.tone) == (builtins()[KEY].body, "", "after", "firm")
    again = duplicate_template(name="Copia 2", template_id=copy.pk, actor=None)
    assert again.body == copy.body
    assert choose_template(purpose="after", channel="email", tone="firm").builtin == KEY  # copies are nobody's default
    with pytest.raises(NotThere):
        duplicate_template(name="x", builtin="no", actor=None)


def test_archived_and_back(company: Company, owner: User) -> None:
    row = save_template(words=MINE, actor=owner)
    archive_template(template_id=row.pk, version=1, actor=owner)
    with pytest.raises(Stale):
        archive_template(template_id=row.pk, version=1, actor=owner)
    assert row.pk not in {each.template_id for each in template_list()}
    assert [each.template_id for each in template_list(archived=True)] == [row.pk]
    row.refresh_from_db()
    assert choose_template(purpose="after", channel="email", step_override=row).pk != row.pk
    assert unarchive_template(template_id=row.pk, actor=owner).version == 3
    row.refresh_from_db()
    assert choose_template(purpose="after", channel="email", step_override=row).pk == row.pk
    verbs = list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == [f"messaging.template_{each}" for each in ("added", "archived", "unarchived")]


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"purpose": "after", "channel": "email", "tone": "firm", "language": "en-US"}, "after.firm.email.en"),
        ({"purpose": "before", "channel": "email", "tone": "firm"}, "before.neutral.email.es"),
        ({"purpose": "before", "channel": "email", "language": "pt"}, "before.neutral.email.es"),
        ({"purpose": "after", "channel": "letter"}, "after.firm.letter.es"),
        ({"purpose": "paid", "channel": "whatsapp", "language": "en"}, "paid.neutral.whatsapp.en"),
    ],
)
def test_the_nearest_words_are_chosen(company: Company, asked: dict[str, str], key: str) -> None:
    assert choose_template(**asked).builtin == key  # type: ignore[arg-type]


def test_no_words_at_all_is_said(company: Company) -> None:
    with pytest.raises(LookupError):
        choose_template(purpose="receipt", channel="letter")


def test_the_list_has_each_once(company: Company) -> None:
    before = template_list()
    assert len(before) == len(builtins())
    assert all(each.is_builtin for each in before)
    row = own_form()
    after = template_list()
    assert len(after) == len(before)
    assert [each.template_id for each in after if not each.is_builtin] == [row.pk]
    with company_scope(make_company("Otra", "OTR010203AB1").pk):
        assert all(each.is_builtin for each in template_list())


def test_a_built_in_is_handed_out_fresh() -> None:
    first = builtin_template(KEY)
    assert first is not None
    first.body = "cambiado"
    assert builtins()[KEY].body != "cambiado"
    assert builtin_template("no") is None
