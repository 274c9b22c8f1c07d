# One image for web, worker, beat and the one-shot `prepare`: docker-compose.yml says which is which.

FROM python:3.11-slim-bookworm AS build
COPY requirements/ /requirements/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r /requirements/uv.txt \
    && /venv/bin/uv pip install --python /venv/bin/python --no-cache --compile-bytecode \
        --require-hashes -r /requirements/base.txt \
    && /venv/bin/pip uninstall --yes uv

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 peacetracker \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin peacetracker \
    && install -d -o 10001 -g 10001 -m 750 /var/lib/peacetracker
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py pyproject.toml ./
COPY peacetracker/ peacetracker/
COPY templates/ templates/
COPY static/ static/
COPY data/ data/
RUN /venv/bin/python -m compileall -q peacetracker

# Nothing is written but under DATA_DIR and /tmp, so the root file system may be read-only.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    DATA_DIR=/var/lib/peacetracker
VOLUME /var/lib/peacetracker
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["python", "-m", "peacetracker.runtime.serve", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "4", "peacetracker.wsgi:application"]
