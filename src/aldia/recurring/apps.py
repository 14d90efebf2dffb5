from django.apps import AppConfig


class RecurringConfig(AppConfig):
    name = "aldia.recurring"
    label = "recurring"
    default_auto_field = "django.db.models.BigAutoField"
