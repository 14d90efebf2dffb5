"""Addresses of reminders: rules, activation, calendar, pauses, settings."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
