# The sidecar: one mockllm beside a CI job, configured by environment and mounted files.
#
#   docker build -t mockllm .
#   docker run --rm -p 8080:8080 -v "$PWD/scenarios:/scenarios:ro" mockllm
#
# Every flag of `mockllm serve` has an environment variable; see `mockllm serve --help`.

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY mockllm ./mockllm
COPY scenarios ./scenarios
RUN python -m venv /opt/mockllm && /opt/mockllm/bin/pip install --no-cache-dir --no-compile .

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
