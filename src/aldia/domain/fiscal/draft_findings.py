"""A finding: what a PAC or the authority would refuse in a draft, as a sentence with the field it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as make

from aldia.domain.sentences import gettext_noop, quoted

# Whether the authority's catalogue has a code; None where nobody can say.
Exists = Callable[[str, str], bool | None]
_TEXT = re.compile(r"[^|\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """`field` is the path in the draft ("receiver.name", "lines.0.price_micro"; "" the whole). `code` is the
    authority's where it has one. A warning is said and stops nothing. `template` with `params` is the sentence.
    """

    field: str
    template: str
    code: str = ""
    params: dict[str, str] = make(default_factory=dict)
    is_warning: bool = False

    @property
    def sentence(self) -> str:
        """The sentence in Spanish."""
        return self.template % self.params if self.params else self.template


class Findings:
    """Collects findings; `say` and `warn` take what fills the sentence by name."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def say(self, where: str, template: str, code: str = "", /, **params: object) -> None:
        self.found.append(Finding(where, template, code, _quoted(params)))

    def warn(self, where: str, template: str, code: str = "", /, **params: object) -> None:
        self.found.append(Finding(where, template, code, _quoted(params), is_warning=True))

    def text(self, where: str, value: str, most: int, *, is_needed: bool = False) -> bool:
        """Whether a text may be printed as it is: pattern [^|]{1,most} of the schema, no blanks at its ends."""
        if not value:
            if is_needed:
                self.say(where, gettext_noop("Falta este dato."))
            return not is_needed
        if len(value) > most:
            self.say(where, gettext_noop("Admite hasta %(most)s caracteres."), most=most)
        elif not _TEXT.fullmatch(value):
            self.say(where, gettext_noop("No puede llevar «|» ni saltos de línea."))
        elif value != " ".join(value.split()):
            self.say(where, gettext_noop("Sobran espacios: al inicio, al final o dobles."))
        else:
            return True
        return False

    def code(self, where: str, catalogue: str, value: str, exists: Exists, error: str) -> bool:
        """Whether a code is given and the authority's catalogue has it."""
        if not value:
            self.say(where, gettext_noop("Elige una opción."), error)
        elif exists(catalogue, value) is False:
            self.say(where, gettext_noop("«%(value)s» no está en el catálogo del SAT."), error, value=value)
        else:
            return True
        return False


def _quoted(params: dict[str, object]) -> dict[str, str]:
    return {name: quoted(str(value)) for name, value in params.items()}
