"""Addresses of recurring documents."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.recurring import deciding, form, show, table

HERE = "recurrentes/"
ONE = f"{HERE}<uuid:schedule_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(HERE, table.index, name="schedules"),
    path(f"{HERE}nueva/", form.new, name="schedule_new"),
    path(f"{HERE}calcular/", form.preview, name="schedule_preview"),
    path(f"{HERE}pausar/", table.pause_many, name="schedules_pause"),
    path(f"{HERE}reanudar/", table.resume_many, name="schedules_resume"),
    path(f"{HERE}por-decidir/", table.waiting, name="recurring_waiting"),
    path(f"{HERE}por-decidir/emitir/", deciding.issue, name="occurrences_issue"),
    path(f"{HERE}por-decidir/omitir/", deciding.skip, name="occurrences_skip"),
    path(f"{HERE}precios/<uuid:price_change_id>/quitar/", deciding.drop_price, name="price_change_drop"),
    path(ONE, show.show, name="schedule"),
    path(f"{ONE}editar/", form.edit, name="schedule_edit"),
    path(f"{ONE}pausar/", deciding.pause, name="schedule_pause"),
    path(f"{ONE}reanudar/", deciding.resume, name="schedule_resume"),
    path(f"{ONE}terminar/", deciding.end, name="schedule_end"),
    path(f"{ONE}precio/", deciding.price, name="schedule_price"),
]
