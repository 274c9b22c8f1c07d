"""Settings of the project. Everything that differs between machines comes from the environment."""

import datetime as dt
import os
import sys
from pathlib import Path

import environ
import pghistory
from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key
from whitenoise.compress import Compressor

from peacetracker.runtime import embedded
from peacetracker.runtime.lines import logging_configuration

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATASET_DIR = BASE_DIR / "data" / "ukraine"


def _local_secret_key() -> str:
    """A key of this installation's own, made once: a laptop needs no set-up, and no key is shared."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"secret_key.{os.getpid()}")
        aside.touch(mode=0o600)
        aside.write_text(get_random_secret_key())
        try:
            os.link(aside, path)  # fails where another process was first: then its key counts
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text()


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or _local_secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])

# HTTPS=1 says that a proxy in front speaks TLS; a laptop on http://127.0.0.1 must not be redirected.
HTTPS = env.bool("HTTPS", default=False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "peacetracker.dashboard",
    "peacetracker.desk",
    "peacetracker.api",
    "peacetracker.ingest",
    "peacetracker.dataset",
    "peacetracker.stances",
    "peacetracker.press",
    "peacetracker.proposals",
    "peacetracker.actors",
    "peacetracker.database",
    "peacetracker.runtime",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "django_celery_beat",
    "pgtrigger",
    "pghistory",
    "ninja",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "import_export",
    "peacetracker.accounts.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "peacetracker.accounts.apps.AccountsConfig",  # last: it grants the rights on all tables above
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "peacetracker.dashboard.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "peacetracker.dashboard.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "peacetracker.accounts.middleware.SessionsMiddleware",
    "peacetracker.dashboard.former.FormerAddresses",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "axes.middleware.AxesMiddleware",
]

# The names here change when Django's own CSP replaces django-csp: keep them in this block alone.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

ROOT_URLCONF = "peacetracker.urls"
WSGI_APPLICATION = "peacetracker.wsgi.application"

_LOADERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    _LOADERS if DEBUG else [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["template_partials.templatetags.partials"],
        },
    },
]

DATABASE_URL = env.str("DATABASE_URL", default="")
DATABASES = {"default": env.db_url_config(DATABASE_URL or embedded.database_url(DATA_DIR))}
DATABASES["default"].setdefault("OPTIONS", {})
# libpq's way to name a socket, postgresql:///name?host=/folder, in the place where Django looks for it.
DATABASES["default"]["HOST"] = DATABASES["default"]["OPTIONS"].pop("host", DATABASES["default"]["HOST"])
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "default"},
    # Rendered pages, by a key that changes with the data: nothing in it goes stale, so nothing needs sharing.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "TIMEOUT": 24 * 3600,
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or embedded.broker_url(DATA_DIR)
CELERY_TASK_IGNORE_RESULT = True  # the state of the pipeline lives in the database
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 800_000  # KiB: a language model and room for a long text
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_TIME_LIMIT = env.int("TASK_SECONDS", default=300)
CELERY_TASK_SOFT_TIME_LIMIT = CELERY_TASK_TIME_LIMIT * 0.8
CELERY_TASK_DEFAULT_QUEUE = "fetch"
CELERY_TASK_ROUTES = {
    "peacetracker.ingest.tasks.poll_*": {"queue": "poll"},
    "peacetracker.ingest.tasks.extract_*": {"queue": "extract"},
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "poll due feeds": {"task": "peacetracker.ingest.tasks.poll_due", "schedule": 20.0},
    "send due articles": {
        "task": "peacetracker.ingest.tasks.send_due",
        "schedule": env.float("SEND_SECONDS", default=5.0),
        "options": {"queue": "poll", "expires": 60},  # of those that waited for a worker, the last is enough
    },
    "take up what waits for a language model": {
        "task": "peacetracker.ingest.tasks.extract_waiting",
        "schedule": 600.0,
    },
    "clear sessions": {"task": "peacetracker.accounts.tasks.clear_sessions", "schedule": 24 * 3600.0},
    "forget how long old steps took": {
        "task": "peacetracker.ingest.tasks.forget_old_runs",
        "schedule": 24 * 3600.0,
    },
    "weigh the desk's candidates": {"task": "peacetracker.desk.tasks.reweigh_candidates", "schedule": 900.0},
    "fold the revision log": {"task": "peacetracker.database.tasks.fold_revision_log", "schedule": 600.0},
}

# Every change to the record leaves an event row, and nobody rewrites one.
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
PGHISTORY_APPEND_ONLY = True
# Readers change nothing: their requests must not look for a session.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

EXTRACTOR = env.str("EXTRACTOR", default="rules")
# Hosts and networks that may be fetched although they are not public: tests and intranets name theirs.
FETCH_ALLOW = env.list("FETCH_ALLOW", default=[])
FETCH_CONTACT = env.str("FETCH_CONTACT", default="")
FETCH_SECONDS = env.float("FETCH_SECONDS", default=60.0)  # for one page with its redirects
# For each host, whatever the number of workers. A robots.txt may ask for a longer delay.
FETCH_DELAY = env.float("FETCH_DELAY", default=1.0)  # seconds from one request to the next
FETCH_CONCURRENCY = env.int("FETCH_CONCURRENCY", default=2)
WARC_BYTES = env.int("WARC_BYTES", default=256 * 2**20)  # a file of kept responses that is larger is left alone
RETRY_SECONDS = env.float(
    "RETRY_SECONDS", default=30.0
)  # before the first retry of a passing error; then more each time
# What was handed to the broker so long ago, is due and waits in no queue was lost, and is handed to it again.
RESEND_SECONDS = env.int("RESEND_SECONDS", default=60)
# The share of articles, 0 to 1, whose candidates two editors code, each blind to the other.
DOUBLE_CODING_SHARE = env.float("DOUBLE_CODING_SHARE", default=0.0)
# Whoever has it may read /metrics; without one there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
FULL_TEXTS_FOR_READERS = env.bool("FULL_TEXTS_FOR_READERS", default=False)

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

# A session ends after SESSION_HOURS, or when nobody has used it for SESSION_IDLE_MINUTES.
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", default=12) * 3600
SESSION_IDLE = env.int("SESSION_IDLE_MINUTES", default=120) * 60
PASSWORD_RESET_TIMEOUT = 3600

# How many proxies stand in front, each of which adds whom it heard to X-Forwarded-For.
PROXIES = env.int("PROXIES", default=0)
# Log-in is throttled by address: by name, anybody could lock others out.
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = dt.timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "peacetracker.accounts.addresses.client_address"
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
AXES_DISABLE_ACCESS_LOG = True  # the audit log has what it would hold
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "code"]
OTP_TOTP_ISSUER = "Peacetracker"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

# smtp+tls://user:password@host:587; without it, mail is printed on the console.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="peacetracker@localhost")

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGES = [("en", "English"), ("uk", "Українська")]
LOCALE_PATHS = [BASE_DIR / "peacetracker" / "locale"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Source maps are for a debugger; compressing them would take most of the first start.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# Lines for people on a terminal, JSON for whatever collects logs elsewhere.
LOG_FORMAT = env.str("LOG_FORMAT", default="lines" if DEBUG or sys.stderr.isatty() else "json")
LOGGING = logging_configuration(LOG_FORMAT, env.str("LOG_LEVEL", default="INFO"))
