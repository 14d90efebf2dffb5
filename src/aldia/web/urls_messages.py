"""Addresses of templates, messages, the mailbox and messages that a person writes."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
