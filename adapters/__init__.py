"""Objects of C and C++ extensions across process boundaries.

Register a serializer and a factory for a native type; its objects then travel, as picklable specs
that are rebuilt on the other side, through pickle, multiprocessing and all that builds on them.
"""

try:
    from adapters import errors
    from adapters._pickling import dumps, loads
    from adapters._wire.adapter import Adapter
    from adapters._wire.rebuild import complete, rebuild, registry
    from adapters._wire.registry import Registry
    from adapters.errors import (
        AdapterError,
        ConflictError,
        RebuildError,
        RegistrationError,
        SerializeError,
        SharedClosedError,
        StoreError,
        TaskError,
        UnknownAdapterError,
        UntrustedError,
        VersionError,
    )
except ImportError as error:
    if not (error.name or "").startswith("adapters"):
        raise
    raise ImportError(
        f"{__path__[0]} is damaged, {error}: the distribution adapters has a package of the same"
        " name; run pip uninstall adapters pickling-adapters, then install one of the two",
        name=error.name,
    ) from error

__version__ = "0.2.0"

__all__ = [
    "Adapter",
    "AdapterError",
    "AdapterFound",
    "AdapterSummary",
    "Answer",
    "Audit",
    "CacheInfo",
    "CallFound",
    "Candidate",
    "ConflictError",
    "Executor",
    "Explanation",
    "Finding",
    "GlobalFound",
    "Problem",
    "RebuildError",
    "RegistrationError",
    "Registry",
    "SerializeError",
    "Shared",
    "SharedClosedError",
    "Spec",
    "StoreError",
    "StructLayout",
    "Suggestions",
    "Task",
    "TaskError",
    "Trace",
    "TraceEvent",
    "UnknownAdapterError",
    "UntrustedError",
    "VersionError",
    "__version__",
    "answer",
    "audit",
    "cache_clear",
    "cache_info",
    "complete",
    "definition",
    "dumps",
    "explain",
    "libraries",
    "loads",
    "main_class",
    "main_definition",
    "rebuild",
    "receive",
    "register",
    "register_struct",
    "registry",
    "send",
    "share",
    "stores",
    "suggest",
    "task",
    "testing",
    "to_spec",
    "trace",
    "unregister",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from adapters import libraries, stores, testing
    from adapters._execution.connection import receive, send
    from adapters._execution.executor import Executor
    from adapters._execution.task import Answer, Task, answer, task
    from adapters._explain.explain import explain
    from adapters._explain.report import Explanation, Finding
    from adapters._importable.definitions import definition, main_class
    from adapters._importable.main_script import main_definition
    from adapters._payload.audit import audit
    from adapters._payload.audit_report import AdapterFound, Audit, CallFound, GlobalFound, Problem
    from adapters._sharing.cache import CacheInfo, cache_clear, cache_info
    from adapters._sharing.handle import Shared, share
    from adapters._struct.layout import StructLayout, register_struct
    from adapters._suggest.suggest import suggest
    from adapters._suggest.suggestions import Candidate, Suggestions
    from adapters._tracing.observer import TraceEvent
    from adapters._tracing.trace import AdapterSummary, Trace, trace
    from adapters._wire.spec import Spec, to_spec

# Imported on first use, as these import more than pickle does.
_LAZY = {
    "AdapterFound": "_payload.audit_report",
    "AdapterSummary": "_tracing.trace",
    "Answer": "_execution.task",
    "Audit": "_payload.audit_report",
    "CallFound": "_payload.audit_report",
    "CacheInfo": "_sharing.cache",
    "Candidate": "_suggest.suggestions",
    "Executor": "_execution.executor",
    "Explanation": "_explain.report",
    "Finding": "_explain.report",
    "GlobalFound": "_payload.audit_report",
    "Problem": "_payload.audit_report",
    "Shared": "_sharing.handle",
    "Spec": "_wire.spec",
    "StructLayout": "_struct.layout",
    "Suggestions": "_suggest.suggestions",
    "Task": "_execution.task",
    "Trace": "_tracing.trace",
    "TraceEvent": "_tracing.observer",
    "answer": "_execution.task",
    "audit": "_payload.audit",
    "cache_clear": "_sharing.cache",
    "cache_info": "_sharing.cache",
    "definition": "_importable.definitions",
    "explain": "_explain.explain",
    "libraries": "libraries",
    "main_class": "_importable.definitions",
    "main_definition": "_importable.main_script",
    "receive": "_execution.connection",
    "register_struct": "_struct.layout",
    "send": "_execution.connection",
    "share": "_sharing.handle",
    "stores": "stores",
    "suggest": "_suggest.suggest",
    "task": "_execution.task",
    "testing": "testing",
    "to_spec": "_wire.spec",
    "trace": "_tracing.trace",
}

# Older payloads name these.
_RENAMED = {"_Layout": "StructLayout", "_main_class": "main_class"}


def _imported(name: str) -> object:
    from importlib import import_module

    if name in _RENAMED:
        return getattr(import_module(__name__), _RENAMED[name])
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = import_module(f"{__name__}.{_LAZY[name]}")
    value = globals()[name] = value if _LAZY[name] == name else getattr(value, name)
    return value


if not TYPE_CHECKING:  # to which every name would seem to be there
    __getattr__ = _imported


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


register = registry.register
unregister = registry.unregister

# Payloads and messages name these by the package, whichever file they are in.
_CORE = (Adapter, Registry, complete, dumps, loads, rebuild)
_ERRORS = (getattr(errors, name) for name in errors.__all__)
for _public in (*_CORE, Registry.register, Registry.unregister, *_ERRORS):
    _public.__module__ = __name__
del _public
