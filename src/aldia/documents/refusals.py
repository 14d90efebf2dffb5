"""Why an archive, or one file of it, is not read: a code for programs and a sentence for people."""

from __future__ import annotations

from aldia.domain.sentences import Refusal, gettext_noop


class ArchiveRefused(Refusal):
    """Nothing of the archive is read: what is wrong is the archive itself."""

    code = "archive_refused"
    template = gettext_noop("El archivo no se pudo leer.")


class DamagedArchive(ArchiveRefused):
    code = "zip_damaged"
    template = gettext_noop("El ZIP está incompleto o dañado y no se puede abrir: descárgalo o créalo de nuevo.")


class TooManyEntries(ArchiveRefused):
    code = "zip_too_many"
    template = gettext_noop(
        "El ZIP trae más de %(limit)s archivos, que es el máximo por carga: divídelo en varios y súbelos por separado."
    )


class TooMuchInside(ArchiveRefused):
    code = "zip_too_big_inside"
    template = gettext_noop(
        "El ZIP descomprimido mide más de %(limit)s GB, que es el máximo por carga: divídelo en varios."
    )


class OverlappingEntries(ArchiveRefused):
    code = "zip_overlap"
    template = gettext_noop(
        "El ZIP trae archivos encimados unos sobre otros, como los que se hacen para atacar, y se rechaza por "
        "seguridad. Crea el ZIP de nuevo con tus XML."
    )


class MissingArchive(ArchiveRefused):
    code = "file_missing"
    template = gettext_noop("El archivo de esta carga ya no está en el almacén: súbelo de nuevo.")


class EntryRefused(Refusal):
    """One file of the archive is not read; the rest is."""

    code = "entry_refused"
    template = gettext_noop("Este archivo no se pudo leer.")


class Encrypted(EntryRefused):
    code = "encrypted"
    template = gettext_noop("Está protegido con contraseña: vuelve a crear el ZIP sin contraseña y súbelo otra vez.")


class UnsupportedCompression(EntryRefused):
    code = "unsupported_compression"
    template = gettext_noop(
        "Está comprimido con un método que no se admite (%(method)s): vuelve a crear el ZIP con la compresión normal."
    )


class EntryTooLarge(EntryRefused):
    code = "too_large"
    template = gettext_noop(
        "Mide %(size)s MB y el máximo por archivo es %(limit)s MB. Revisa que sea el XML de un solo comprobante."
    )


class Bomb(EntryRefused):
    code = "zip_bomb"
    template = gettext_noop(
        "Se infla %(ratio)s veces al descomprimirlo, como los archivos que se hacen para atacar, y se rechaza por "
        "seguridad. Si es un XML tuyo, súbelo sin comprimir."
    )


class DamagedEntry(EntryRefused):
    code = "entry_damaged"
    template = gettext_noop("Está dañado dentro del ZIP (su contenido no coincide con lo anunciado): súbelo de nuevo.")


class Link(EntryRefused):
    code = "link"
    template = gettext_noop(
        "Es un enlace simbólico, no un archivo, y por seguridad no se sigue: agrega al ZIP el XML al que apunta."
    )


class NestedTooDeep(EntryRefused):
    code = "nested_zip"
    template = gettext_noop(
        "Es un ZIP dentro de otro ZIP que ya venía dentro de uno: se leen hasta dos niveles. Súbelo por separado."
    )


class NestedRefused(EntryRefused):
    """A ZIP inside the archive cannot be read, for the reason that its own refusal gives."""

    def __init__(self, refusal: ArchiveRefused) -> None:
        self.code, self.template = refusal.code, refusal.template
        super().__init__(**refusal.params)


class EmptyArchive(EntryRefused):
    code = "zip_empty"
    template = gettext_noop("El ZIP no trae ningún archivo: revisa que hayas agregado los XML.")
