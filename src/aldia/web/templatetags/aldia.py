"""Tags of the house, built in everywhere: money, dates, pills, icons, fields, addresses with a changed parameter."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.forms import BoundField, CheckboxInput, FileInput, RadioSelect, Select, SelectMultiple
from django.template.context import Context
from django.templatetags.static import static
from django.utils.safestring import SafeString

from aldia.tenancy.permissions import allows
from aldia.web import formatting
from aldia.web.icons import icon_html
from aldia.web.statuses import status_html

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """`{% icon "users" %}`"""
    return icon_html(name, css)


@register.simple_tag
def status(state: str, label: str = "", colour: str = "") -> SafeString:
    """`{% status row.state %}`"""
    return status_html(state, label, colour)


@register.simple_tag
def asset(path: str) -> str:
    """`{% asset "aldia/aldia.css" %}`: an address that changes with the content, so browsers may keep the file."""
    return f"{static(path)}?v={_version(path)}"


@lru_cache(maxsize=64)
def _version(path: str) -> str:
    found = finders.find(path)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:10] if isinstance(found, str) else "0"


@register.simple_tag(takes_context=True)
def money(context: Context, minor: int | None, currency: str) -> SafeString:
    """`{% money row.balance row.currency %}`"""
    return formatting.amount_html(minor, currency, context.get("company"))


@register.simple_tag(takes_context=True)
def number(context: Context, value: int) -> str:
    """`{% number total %}` → 12,345"""
    return formatting.count_text(value, context.get("company"))


@register.simple_tag(takes_context=True)
def day(context: Context, value: date | datetime | None) -> SafeString:
    """`{% day row.due_on %}` → 21 nov 2026"""
    return formatting.day_html(value, getattr(context.get("company"), "time_zone", "UTC"))


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None) -> SafeString:
    """`{% moment batch.created_at %}` → 21 nov 2026, 16:05"""
    return formatting.moment_html(value, getattr(context.get("company"), "time_zone", "UTC"))


@register.simple_tag(takes_context=True)
def ago(context: Context, value: date | None) -> str:
    """`{% ago row.due_on %}` → hace 3 días · hoy · en 19 días (against the company's today)"""
    today = context.get("today")
    return formatting.relative_text(value, today) if value and today else ""


@register.simple_tag(takes_context=True)
def can(context: Context, permission: str) -> bool:
    """`{% can "edit_customers" as editing %}`"""
    return allows(context.get("membership"), permission)


@register.simple_tag(takes_context=True)
def here(context: Context, **changes: Any) -> str:
    """`{% here page=2 %}`: this page's query string with some parameters changed ("" or None takes one away)."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        if value in ("", None):
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}"


@register.filter
def lookup(mapping: Any, key: Any) -> Any:
    """`{{ totals|lookup:row.currency }}`"""
    return mapping.get(key, "") if hasattr(mapping, "get") else ""


@register.filter
def initials(name: str) -> str:
    """ "Ana María Ruiz" → AM; "ana@example.com" → A"""
    words = [word for word in str(name).split("@")[0].replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "·"


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    label: str = "",
    hint: str | None = None,
    css: str = "",
    autofocus: bool = False,
    placeholder: str | None = None,
) -> dict[str, Any]:
    """`{% field form.email %}`: label, control, hint and errors, tied together for screen readers.

    `hint` and `placeholder` replace the form's own ("" takes them away).
    """
    hint = str(bound.help_text) if hint is None else hint
    described = [f"{bound.id_for_label}_hint"] if hint else []
    if bound.errors:
        described.append(f"{bound.id_for_label}_error")
    attrs = _attrs(bound, described, autofocus)
    if placeholder is not None:
        attrs["placeholder"] = placeholder
    return {
        "field": bound,
        "label": label or bound.label,
        "hint": hint,
        "css": css,
        "kind": _kind(bound),
        "control": bound.as_widget(attrs=attrs),
    }


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, CheckboxInput):
        return "check"
    return "radios" if isinstance(widget, RadioSelect) else "input"


def _attrs(bound: BoundField, described: list[str], autofocus: bool) -> dict[str, Any]:
    widget = bound.field.widget
    css = "form-select" if isinstance(widget, Select) and not isinstance(widget, SelectMultiple) else "form-control"
    if isinstance(widget, CheckboxInput | RadioSelect):
        css = "form-check-input"
    if isinstance(widget, FileInput):
        css = "form-control"
    attrs: dict[str, Any] = {"class": f"{css} {widget.attrs.get('class', '')} {'is-invalid' if bound.errors else ''}"}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if autofocus:
        attrs["autofocus"] = True
    return attrs
