"""Objects of C and C++ extensions across process boundaries.

Register a serializer and a factory for a native type; its objects then travel, as picklable specs
that are rebuilt on the other side, through pickle, multiprocessing and all that builds on them.
"""

from adapters import errors
from adapters._adapter import Adapter
from adapters._pickling import dumps, loads
from adapters._provider import _main_class
from adapters._registry import Registry
from adapters._spec import Spec, rebuild, registry, to_spec
from adapters._struct import _Layout, register_struct
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

__all__ = [
    "Adapter",
    "AdapterError",
    "Audit",
    "CacheInfo",
    "ConflictError",
    "Executor",
    "Explanation",
    "Finding",
    "RebuildError",
    "RegistrationError",
    "Registry",
    "SerializeError",
    "Shared",
    "SharedClosedError",
    "Spec",
    "StoreError",
    "TaskError",
    "UnknownAdapterError",
    "UntrustedError",
    "VersionError",
    "audit",
    "cache_clear",
    "cache_info",
    "dumps",
    "explain",
    "loads",
    "rebuild",
    "register",
    "register_struct",
    "registry",
    "share",
    "stores",
    "testing",
    "to_spec",
    "unregister",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from adapters import stores, testing
    from adapters._cache import CacheInfo, cache_clear, cache_info
    from adapters._executor import Executor
    from adapters._explaining.explain import explain
    from adapters._explaining.report import Explanation, Finding
    from adapters._payload.audit import Audit, audit
    from adapters._shared import Shared, share

# What imports more than pickle does waits until somebody asks for it.
_LATER = {
    "Audit": "_payload.audit",
    "CacheInfo": "_cache",
    "Executor": "_executor",
    "Explanation": "_explaining.report",
    "Finding": "_explaining.report",
    "Shared": "_shared",
    "audit": "_payload.audit",
    "cache_clear": "_cache",
    "cache_info": "_cache",
    "explain": "_explaining.explain",
    "share": "_shared",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in ("stores", "testing"):
        return import_module(f"{__name__}.{name}")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


register = registry.register
unregister = registry.unregister

# Payloads and messages name these by the package, whatever file they are in.
for _public in (
    Adapter,
    Registry,
    Spec,
    dumps,
    loads,
    rebuild,
    register_struct,
    to_spec,
    _Layout,
    _main_class,
):
    _public.__module__ = __name__
for _public in (getattr(errors, name) for name in errors.__all__):
    _public.__module__ = __name__
del _public
