"""Secrets of a company, encrypted: passwords of channels, keys of providers.

Each row has a data key of its own (AES-256-GCM) that encrypts its values; the installation's key (`tenancy.keyring`)
wraps the data key. Both are bound to company, kind and row: moved anywhere else they do not open.
NIST SP 800-38D (GCM), 96-bit random nonces; a data key encrypts once per change of its row.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from aldia.tenancy import keyring
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Secret
from aldia.tenancy.scope import company_scope, current_company_id, transaction

NONCE = 12
BATCH = 500
NIL = uuid.UUID(int=0)
Answer = TypeVar("Answer")


class CannotOpen(Exception):
    """The row was altered, or brought here from somewhere else: its values stay closed."""


class Revealed(dict[str, str]):
    """The values in the clear, which no log and no error page can print by accident."""

    def __repr__(self) -> str:
        return f"<Revealed: {', '.join(sorted(self)) or '-'}>"

    __str__ = __repr__


def keep(*, kind: str, values: Mapping[str, str], replacing: Secret | None = None) -> Secret:
    """Encrypt values for the company in scope, in a new row or in place of what a row held."""
    secret = replacing or Secret(id=uuid7(), company_id=current_company_id(), kind=kind)
    if secret.company_id != current_company_id() or secret.kind != kind:
        raise CannotOpen(_("Ese secreto es de otra empresa o de otra cosa."))
    key, data_key = keyring.known_keys()[0], AESGCM.generate_key(bit_length=256)
    secret.ciphertext = _seal(data_key, json.dumps(dict(values)).encode(), _bound_to(secret))
    secret.wrapped_key = _seal(key.material, data_key, _bound_to(secret))
    secret.wrapped_by = key.name
    with transaction():
        secret.save(force_insert=replacing is None)
    return secret


def reveal(secret: Secret) -> Revealed:
    """The values in the clear. Raises `CannotOpen` when anything was altered, `keyring.KeyProblem` without the key."""
    if secret.company_id != current_company_id():
        raise CannotOpen(_("Ese secreto es de otra empresa o de otra cosa."))
    key = keyring.key_named(secret.wrapped_by)
    data_key = _open(key.material, bytes(secret.wrapped_key), _bound_to(secret))
    return Revealed(json.loads(_open(data_key, bytes(secret.ciphertext), _bound_to(secret))))


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: rows wrapped again, and rows that no key of this installation opens (left as they are)."""

    wrapped: int
    unreadable: int


def rotate() -> Rotation:
    """Wrap the data key of every company's secrets with a new key of the installation, while everything goes on.

    With the keys in the environment the new one was put there first (`ALDIA_KEK=new,old`). In the file, keys that no
    row needs are dropped when the next rotation begins: the one just replaced stays, for whoever was writing with it.
    """
    if keyring.is_in_file():
        needed = {name for names in _by_company(_names_in_use) for name in names} | {keyring.known_keys()[0].name}
        lines = keyring.key_file().read_text().split()
        kept = [line for line, key in zip(lines, keyring.known_keys(), strict=True) if key.name in needed]
        keyring.write([keyring.new_material(), *kept])
    done = _by_company(_rotate_company)
    return Rotation(sum(each.wrapped for each in done), sum(each.unreadable for each in done))


def count_by_key() -> dict[str, int]:
    """How many secrets each key of an installation wraps, over all companies."""
    found: dict[str, int] = {}
    for names in _by_company(lambda: list(Secret.objects.order_by("pk").values_list("wrapped_by", flat=True))):
        for name in names:
            found[name] = found.get(name, 0) + 1
    return found


def _by_company(what: Callable[[], Answer]) -> list[Answer]:
    answers = []
    for company in Company.objects.order_by("pk"):
        with company_scope(company.pk):
            answers.append(what())
    return answers


def _names_in_use() -> set[str]:
    return set(Secret.objects.order_by().values_list("wrapped_by", flat=True).distinct())


def _rotate_company() -> Rotation:
    current, wrapped, unreadable = keyring.known_keys()[0], 0, 0
    last: object = NIL
    while batch := list(Secret.objects.exclude(wrapped_by=current.name).filter(pk__gt=last).order_by("pk")[:BATCH]):
        for secret in batch:
            try:
                wrapped += _wrap_again(secret, current)
            except (CannotOpen, keyring.KeyProblem):
                unreadable += 1
        last = batch[-1].pk
    return Rotation(wrapped, unreadable)


def _wrap_again(secret: Secret, current: keyring.Key) -> int:
    """1 when this row was wrapped again; 0 when somebody changed it meanwhile, and so wrapped it with the new key."""
    key = keyring.key_named(secret.wrapped_by)
    old = bytes(secret.wrapped_key)
    wrapped = _seal(current.material, _open(key.material, old, _bound_to(secret)), _bound_to(secret))
    with transaction():
        same = Secret.objects.filter(pk=secret.pk, wrapped_by=key.name, wrapped_key=old)
        return same.update(wrapped_key=wrapped, wrapped_by=current.name)


def _bound_to(secret: Secret) -> bytes:
    return f"aldia secret {secret.company_id} {secret.kind} {secret.pk}".encode()


def _seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound_to)
    except (InvalidTag, ValueError):
        raise CannotOpen(_("El secreto fue alterado o no pertenece a esta fila: no se puede abrir.")) from None
