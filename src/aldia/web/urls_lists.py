"""Addresses of SAT's lists of taxpayers."""

from __future__ import annotations

from django.urls import path

from aldia.web.views import taxpayer_lists

urlpatterns = [path("sat/listas/", taxpayer_lists.index, name="taxpayer_lists")]
