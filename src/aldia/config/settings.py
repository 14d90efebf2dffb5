"""Settings: one file, all of it from the environment.

ALDIA_DATA      the data directory (database, files, keys); default: a folder of the user's own
DATABASE_URL    postgresql://user:password@host:port/name (or ?host=/socket/dir); default: SQLite in the data directory
ALDIA_DEV       1 while developing on http://localhost: cookies without Secure
ALDIA_HOSTS     comma-separated host names that are answered; default localhost
ALDIA_ORIGINS   comma-separated https://… origins trusted for forms (behind a proxy)
ALDIA_URL       https://… of this installation, for links in messages; default: the first origin, else the first host
ALDIA_PROXY     1 when a trusted proxy sets X-Forwarded-Proto and X-Forwarded-For
ALDIA_LOGS      json or text (default: text on a terminal, else one JSON object per line); ALDIA_LOG_LEVEL default INFO
ALDIA_KEK       the key that wraps secrets (32 bytes, base64; "new,old" while rotating); default: kek.key in ALDIA_DATA
ALDIA_PRIVATE_NETWORKS  networks (10.0.0.0/8,…) that mail servers of companies may be in; default: public ones only
ALDIA_EMAIL_URL smtp://user:password@host:port (smtps:// for TLS); default: mail is kept in the data directory
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from aldia.config import logs

PACKAGE = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("ALDIA_DATA") or Path.home() / ".local" / "share" / "aldia").expanduser()


def _flag(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0", "no", "false")


def _names(name: str, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def _secret_key() -> str:
    """The key of the installation: made once, kept in the data directory, readable by its owner only."""
    if key := os.environ.get("ALDIA_SECRET_KEY"):
        return key
    path = DATA_DIR / "secret.key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(64))
    return path.read_text().strip()


def _database() -> dict[str, object]:
    url = os.environ.get("DATABASE_URL", "")
    if url:
        parts = urlsplit(url)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.get("host", parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "DISABLE_SERVER_SIDE_CURSORS": True,
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATA_DIR / "aldia.sqlite3"),
        "CONN_MAX_AGE": 3600,  # opened anew, it reads the statistics of the night
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            "PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;",
        },
        "TEST": {"NAME": os.environ.get("ALDIA_TEST_DB") or None},
    }


def _own_address() -> str:
    """Where people find this installation, as far as nobody has said it outright."""
    if CSRF_TRUSTED_ORIGINS:
        return CSRF_TRUSTED_ORIGINS[0]
    return "http://localhost:8000" if DEV else f"https://{ALLOWED_HOSTS[0]}" if ALLOWED_HOSTS else "https://localhost"


DEV = _flag("ALDIA_DEV")
DEBUG = False
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = _names("ALDIA_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _names("ALDIA_ORIGINS", "")
ALDIA_URL = os.environ.get("ALDIA_URL") or _own_address()
DATABASES = {"default": _database()}

INSTALLED_APPS = [
    "aldia.tenancy",
    "aldia.queue",
    "aldia.customers",
    "aldia.messaging",
    "aldia.documents",
    "aldia.receivables",
    "aldia.authority",
    "aldia.payments",
    "aldia.banking",
    "aldia.issuing",
    "aldia.recurring",
    "aldia.forecasts",
    "aldia.collections",
    "aldia.reminders",
    "aldia.reporting",
    "aldia.web",
    "aldia.portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "aldia.web.requests.RequestLogMiddleware",
    "aldia.portal.middleware.WithoutStaffSession",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "aldia.web.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "aldia.web.middleware.CompanyMiddleware",
]

ROOT_URLCONF = "aldia.config.urls"
WSGI_APPLICATION = "aldia.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "aldia.web.context.shell",
            ],
            "builtins": ["aldia.web.templatetags.aldia", "django.templatetags.i18n"],
        },
    }
]

AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_ADAPTER = "aldia.web.accounts.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "aldia.web.forms.SignupForm"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Aldía"
MFA_TOTP_TOLERANCE = 1  # RFC 6238, 5.2: one step for clocks and for the time it takes to type and send

LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Español")), ("en", _("Inglés"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 31_536_000  # addresses carry a hash of the content (the tag `asset`)
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files"), "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5_000
ALDIA_MAX_UPLOAD_BYTES = 512 * 1024 * 1024
ALDIA_PRIVATE_NETWORKS = _names("ALDIA_PRIVATE_NETWORKS", "")

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "aldia_cache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = not DEV
CSRF_COOKIE_SECURE = not DEV
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "aldia.web.views.errors.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = not DEV
SECURE_REDIRECT_EXEMPT = [r"^salud/$"]  # whatever watches over it asks on the inside, in plain http
SECURE_HSTS_SECONDS = 0 if DEV else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEV
SECURE_HSTS_PRELOAD = not DEV
X_FRAME_OPTIONS = "DENY"
if _flag("ALDIA_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # limits count by the address that the proxy saw
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LOGGING = logs.configure()
TASKS = {"default": {"BACKEND": "aldia.queue.backend.DatabaseBackend"}}
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = os.environ.get("ALDIA_FROM", "Aldía <aldia@localhost>")
if _email := os.environ.get("ALDIA_EMAIL_URL"):
    _mail = urlsplit(_email)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = _mail.scheme == "smtp" and bool(_mail.username)
    EMAIL_TIMEOUT = 20
