# One image for all of Airflow's services; docker-compose.yml says which is which.
#
# BASE_IMAGE is any Debian-like image with Python 3.10 to 3.13 and its venv module as `python3`.
ARG BASE_IMAGE=python:3.12-slim-bookworm

FROM ${BASE_IMAGE} AS packages
COPY requirements-compose.txt /tmp/requirements-compose.txt
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --no-deps --require-hashes --requirement /tmp/requirements-compose.txt
# A lock whose parts do not fit each other shall fail here, not in a restarting container.
RUN /opt/venv/bin/python -m pip check \
 && /opt/venv/bin/python -c "import airflow.providers.celery.executors.celery_executor, psycopg2"

FROM ${BASE_IMAGE}
# Group 0 owns what is written, so that any AIRFLOW_UID can run the image; HOME and USER stand for the
# /etc/passwd entry that such a user lacks and without which Airflow refuses to start. A new volume takes the owner and
# mode of the folder that it covers: logs, and the sample that docker-compose.sim.yml makes.
RUN useradd --uid 50000 --gid 0 --home-dir /opt/airflow --no-create-home airflow \
 && install --directory --owner=50000 --group=0 --mode=0775 /opt/airflow /opt/airflow/logs /srv/newswatch/sample
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/opt/airflow \
    USER=airflow \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/srv/newswatch/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/srv/newswatch/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    NEWSWATCH_CONFIG=/srv/newswatch/config
WORKDIR /srv/newswatch
COPY pyproject.toml setup.py README.md ./
COPY plugins plugins
COPY dags dags
COPY docs docs
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --editable . \
 && python3 -m compileall -q dags plugins
USER 50000:0
CMD ["airflow", "version"]
