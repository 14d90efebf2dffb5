"""Logs: one JSON object per line (or readable lines on a terminal), with the request's id, and without secrets."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import structlog

HIDDEN = "[oculto]"
SECRET_NAMES = re.compile(
    r"pass(word|phrase|wd)?|contrase|secret|token|api_?key|authorization|cookie|session|csrf|private|clave|otp|totp",
    re.IGNORECASE,
)
_SAID = re.compile(  # password=x, "token": "x", Cookie: x=y
    r"(?i)([\w-]*(?:pass(?:word|phrase|wd)|contraseña|secret|token|api_?key|authorization|cookie|sessionid|csrf)[\w-]*"
    r"['\"]?\s*[=:]\s*['\"]?)(?:(?:bearer|basic)\s+)?[^\s'\",;&}]+"
)
SECRET_TEXTS = [
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), HIDDEN),  # user:password@ in an address
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (_SAID, rf"\1{HIDDEN}"),
    (re.compile(r"(/ganchos/(?:canales|pagos|bancos)/[^/\s]+/)[^/\s?'\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(/[lp]/[-\w]+/)[\w-]{20,}"), rf"\1{HIDDEN}"),
    (re.compile(r"(/(?:invitacion|password/reset/key|confirm-email)/)[^/\s?'\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
]
FORGED = {code: " " for code in (*range(0x20), 0x7F, 0x85, 0x2028, 0x2029) if code not in (0x09, 0x0A)}


def redact(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hide what a name or a text gives away, in every value however deep."""
    return {name: HIDDEN if SECRET_NAMES.search(name) else clean(value) for name, value in event.items()}


def clean(value: Any) -> Any:
    """A value of a log line without secrets and without characters that forge lines."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return redact(None, "", {str(name): each for name, each in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else clean_text(str(value))


def clean_text(text: str) -> str:
    for pattern, kept in SECRET_TEXTS:
        text = pattern.sub(kept, text)
    return text.translate(FORGED)


def _is_for_people() -> bool:
    wanted = os.environ.get("ALDIA_LOGS", "")
    return wanted == "text" or (wanted != "json" and sys.stderr.isatty())


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure() -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING: both end in the same lines on standard error."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    render: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if _is_for_people():
        render = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED, structlog.stdlib.ExtraAdder()],
                "processors": [remove, _without_objects, redact, render],
            }
        },
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["lines"], "level": os.environ.get("ALDIA_LOG_LEVEL", "INFO").upper()},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": "INFO"},
            "django.server": {"handlers": [], "propagate": True, "level": "WARNING"},
            "fontTools": {"level": "WARNING"},
        },
    }


def _without_objects(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Django attaches the request itself to its records: a line keeps only what was said of it."""
    return {name: value for name, value in event.items() if name != "request"}
