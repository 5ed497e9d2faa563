# The sidecar: one mockllm beside a CI job, configured by environment and mounted files.
#
#   docker build -t mockllm .
#   docker run --rm -p 8080:8080 mockllm                                                             # the gallery
#   docker run --rm -p 8080:8080 -e MOCKLLM_SCENARIO='rules: [{replies: [Hello]}]' mockllm           # inline YAML
#   docker run --rm -p 8080:8080 -e MOCKLLM_PATH=/scenarios -v "$PWD/mine:/scenarios:ro" mockllm     # a folder
#
# Every option of `mockllm serve` has an environment variable; see `docker run --rm mockllm serve --help`. The root file
# system may be read-only (--read-only): nothing is written. Optional dependencies: --build-arg EXTRAS=tokens,otel

FROM python:3.13-slim AS build
ARG EXTRAS=""
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY mockllm ./mockllm
COPY scenarios ./scenarios
# What runs holds no installer, and is compiled but for the lexicons, of which hardly any is ever imported.
RUN python -m venv --without-pip /opt/mockllm \
 && pip --python /opt/mockllm/bin/python install --no-cache-dir --no-compile ".${EXTRAS:+[$EXTRAS]}" \
 && /opt/mockllm/bin/python -m compileall -q -x "/(faker/providers|pygments)/" /opt/mockllm/lib

FROM python:3.13-slim
COPY --from=build /opt/mockllm /opt/mockllm
ENV PATH=/opt/mockllm/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MOCKLLM_HOST=0.0.0.0 \
    MOCKLLM_PORT=8080
# By number, so that orchestrators that forbid root can check it.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=2s --timeout=2s --start-period=5s CMD ["mockllm", "health"]
ENTRYPOINT ["mockllm"]
CMD ["serve"]
