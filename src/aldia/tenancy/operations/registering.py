"""People who are registered by the operator of the installation, not by themselves."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from aldia.tenancy.models import User
from aldia.tenancy.operations.refusals import Refused, check_email
from aldia.tenancy.scope import transaction


def register_person(*, email: str, password: str, name: str = "") -> User:
    """Return the person with this address, registering them (address taken as confirmed) if they are new.

    A person who exists keeps their password. Raises `Refused` for a bad address or a weak password.
    """
    address = email.strip().lower()
    check_email(address)
    person = User.objects.filter(email=address).first()
    if person is not None:
        return person
    try:
        validate_password(password)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), "password") from error
    with transaction():
        person = User.objects.create_user(address, password, name=name.strip())
        EmailAddress.objects.create(user=person, email=address, verified=True, primary=True)
    return person
