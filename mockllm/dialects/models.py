"""The model list: `GET /models`, `GET /models/{model}`, `DELETE /models/{model}` (wire-contract §6).

Model ids may hold `/`, `:` and `@`, raw or percent-encoded; the path is decoded before it comes here.
"""

from collections.abc import Mapping

from mockllm.dialects.base import Layout, Surroundings
from mockllm.errors import ApiError
from mockllm.request import JSON, Request


def _model(name: str, created: int) -> Mapping[str, JSON]:
    owner = name.split("/", 1)[0] if "/" in name else "openai"
    return {"id": name, "object": "model", "created": created, "owned_by": owner}


class _List:
    api = "models"
    layout = Layout()

    def answer(self, _request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
        """All models; this list has no cursors."""
        return {"object": "list", "data": [_model(name, surroundings.created) for name in surroundings.models]}


class _Retrieve:
    api = "models.retrieve"
    layout = Layout()

    def answer(self, _request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
        """One model, or 404."""
        return _model(_known(parameters["model"], surroundings), surroundings.created)


class _Delete:
    api = "models.delete"
    layout = Layout()

    def answer(self, _request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
        """The receipt for a deleted model, or 404. The list is the scenario's, so the model stays in it."""
        return {"id": _known(parameters["model"], surroundings), "object": "model", "deleted": True}


def _known(name: str, surroundings: Surroundings) -> str:
    if name not in surroundings.models:
        raise ApiError(404, f"The model '{name}' does not exist", code="model_not_found", param="model")
    return name


LIST, RETRIEVE, DELETE = _List(), _Retrieve(), _Delete()
