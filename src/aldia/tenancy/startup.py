"""What must hold before anything runs: a database role that row-level security binds."""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext as _


class RoleTooStrong(Exception):
    """PostgreSQL does not apply row-level security to this role: one wall between companies would be missing."""


def check_database_role() -> None:
    """Raise `RoleTooStrong` if the role of the connection is a superuser or has BYPASSRLS (PostgreSQL only)."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role, too_strong = cursor.fetchone()
    if too_strong:
        raise RoleTooStrong(
            _(
                "El usuario «%(role)s» de PostgreSQL es superusuario o tiene BYPASSRLS, y así no valen las reglas que "
                "separan a las empresas. Crea otro y ponlo en DATABASE_URL: CREATE ROLE aldia LOGIN PASSWORD '…' "
                "NOSUPERUSER NOBYPASSRLS; ALTER DATABASE … OWNER TO aldia;"
            )
            % {"role": role}
        )
