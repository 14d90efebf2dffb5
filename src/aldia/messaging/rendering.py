"""From a template and a flat context to what is sent: subject, HTML and text, or the parameters of an approved text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aldia.messaging.look import Look
from aldia.messaging.models import Template
from aldia.messaging.placeholders import DEFAULT_COLUMNS, Context


@dataclass(frozen=True, slots=True)
class Rendered:
    """Content as it will be frozen. `html` is empty but for e-mail; `parameters` in the order of a WhatsApp template.

    `logo_id` is the stored file that the HTML shows as `cid:logo` (None: no logo); `write_message` attaches it.
    """

    subject: str = ""
    html: str = ""
    text: str = ""
    provider_template: str = ""
    parameters: tuple[str, ...] = ()
    logo_id: object = None


def render(
    *, template: Template, context: Context, look: Look | None = None, columns: Sequence[str] = DEFAULT_COLUMNS
) -> Rendered:
    """Fill a template. `look`: the company's (default: of the company in scope); `columns`: of the drawn table.

    Names that the context lacks are empty. Raises `TemplateError` where the template itself is at fault.
    """
    raise NotImplementedError
