"""mockllm: a mock OpenAI-compatible server that answers exactly as scripted.

Here: the public names, imported when they are first used, so that `import mockllm` costs nothing; pytest does that in
every project that has this package installed. Everything else is private until asked for. Faults are the classes of
`mockllm.faults`.
"""

from importlib import import_module

# Type checkers know this name by itself; to import it from typing would be most of the cost of `import mockllm`.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from mockllm.client.aremote import AsyncRemoteMockLLM as AsyncRemoteMockLLM
    from mockllm.client.interface import MockServer as MockServer
    from mockllm.client.remote import RemoteMockLLM as RemoteMockLLM
    from mockllm.errors import ApiError as ApiError
    from mockllm.errors import MockLLMError as MockLLMError
    from mockllm.errors import ScenarioError as ScenarioError
    from mockllm.exchange import Ending as Ending
    from mockllm.exchange import Exchange as Exchange
    from mockllm.exchange import Trouble as Trouble
    from mockllm.formatter import ArgumentsDelta as ArgumentsDelta
    from mockllm.formatter import Finish as Finish
    from mockllm.formatter import ReasoningDelta as ReasoningDelta
    from mockllm.formatter import ToolCallStart as ToolCallStart
    from mockllm.formatter import openai_stream as openai_stream
    from mockllm.journal import Journal as Journal
    from mockllm.net.mock import MockLLM as MockLLM
    from mockllm.net.virtual.loops import RefusedLoopError as RefusedLoopError
    from mockllm.net.virtual.session import VirtualTime as VirtualTime
    from mockllm.net.virtual.session import virtual_time as virtual_time
    from mockllm.net.virtual.stuck import StuckError as StuckError
    from mockllm.request import Request as Request
    from mockllm.scenario import faults as faults
    from mockllm.scenario.content import ToolCallSpec as ToolCallSpec
    from mockllm.scenario.document import Rule as Rule
    from mockllm.scenario.document import Scenario as Scenario
    from mockllm.scenario.match import When as When
    from mockllm.scenario.pace import Pace as Pace
    from mockllm.scenario.reply import AutoReply as AutoReply
    from mockllm.scenario.reply import CallReply as CallReply
    from mockllm.scenario.reply import ContentReply as ContentReply
    from mockllm.scenario.reply import ErrorReply as ErrorReply
    from mockllm.scenario.reply import EventsReply as EventsReply
    from mockllm.scenario.reply import GenerateReply as GenerateReply
    from mockllm.scenario.reply import RawReply as RawReply
    from mockllm.scenario.reply import ReplayReply as ReplayReply
    from mockllm.sweeps import sweep as sweep
    from mockllm.turn import Usage as Usage

_HOMES = {
    "ApiError": "errors",
    "ArgumentsDelta": "formatter",
    "AsyncRemoteMockLLM": "client.aremote",
    "AutoReply": "scenario.reply",
    "CallReply": "scenario.reply",
    "ContentReply": "scenario.reply",
    "Ending": "exchange",
    "ErrorReply": "scenario.reply",
    "EventsReply": "scenario.reply",
    "Exchange": "exchange",
    "Finish": "formatter",
    "GenerateReply": "scenario.reply",
    "Journal": "journal",
    "MockLLM": "net.mock",
    "MockLLMError": "errors",
    "MockServer": "client.interface",
    "Pace": "scenario.pace",
    "RawReply": "scenario.reply",
    "ReasoningDelta": "formatter",
    "RefusedLoopError": "net.virtual.loops",
    "RemoteMockLLM": "client.remote",
    "ReplayReply": "scenario.reply",
    "Request": "request",
    "Rule": "scenario.document",
    "Scenario": "scenario.document",
    "ScenarioError": "errors",
    "StuckError": "net.virtual.stuck",
    "ToolCallSpec": "scenario.content",
    "ToolCallStart": "formatter",
    "Trouble": "exchange",
    "Usage": "turn",
    "VirtualTime": "net.virtual.session",
    "When": "scenario.match",
    "faults": "scenario.faults",
    "openai_stream": "formatter",
    "sweep": "sweeps",
    "virtual_time": "net.virtual.session",
}

__all__ = [*_HOMES]  # noqa: PLE0604 - the names are the table's keys


def __getattr__(name: str) -> object:
    """A public name, from the module where it lives, or that module."""
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    home = import_module(f"{__name__}.{_HOMES[name]}")
    return getattr(home, name, home)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
