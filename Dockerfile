# One image for every process of Laurel; its command chooses the role (containers/__main__.py lists them).
# Another base needs Python 3.11 to 3.13 with venv: docker build --build-arg BASE=… .
ARG BASE=docker.io/library/python:3.12.12-slim-bookworm

FROM ${BASE} AS environment
WORKDIR /build
COPY requirements/uv.txt ./
RUN python3 -m venv uv && uv/bin/pip install --no-cache-dir --require-hashes -r uv.txt
COPY requirements/runtime.txt ./
# Compiled here, because the processes may not write into their own environment.
RUN uv/bin/uv venv --python python3 /opt/venv \
 && uv/bin/uv pip sync --no-cache --require-hashes --compile-bytecode --python /opt/venv/bin/python runtime.txt

FROM ${BASE}
# The first directory is Laurel's state; the two others are only for containers/embedded.yaml. A named volume takes its
# owner from the directory it is mounted on.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/laurel --shell /usr/sbin/nologin laurel \
 && install -d -o laurel -g laurel /var/lib/laurel /var/lib/laurel/logs /var/lib/postgresql /data
COPY --from=environment /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/laurel \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 \
    LAUREL_HOME=/var/lib/laurel
WORKDIR /opt/laurel
COPY . .
RUN python -m compileall -q .
USER laurel
ENTRYPOINT ["python", "-m", "containers"]
CMD ["help"]
