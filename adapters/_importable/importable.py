"""Importability: which classes and functions another process gets by importing their module.

The main script is another module in another process, so what it defines is not importable.
"""

from __future__ import annotations

import sys

from adapters.errors import failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The children of multiprocessing import the main script under the second name.
MAIN = ("__main__", "__mp_main__")


def is_importable(value: Any) -> bool:
    """Whether another process gets this class or function by importing its module.

    It does not where `cloudpickle.register_pickle_by_value` names the module.
    """
    module = value.__module__
    found: Any = sys.modules.get(module) if type(module) is str else None
    if found is None or module in MAIN:
        return False
    try:
        for part in value.__qualname__.split("."):
            found = getattr(found, part)
    except failures():
        return False
    return found is value and not goes_by_value(value)


def goes_by_value(value: Any) -> bool:
    """Whether a class or function is to be copied, although another process might import it.

    Types of extensions never are: their C part cannot be copied.
    """
    if not is_sent_by_value(value.__module__):
        return False
    from adapters._importable.extension_type import is_extension_type

    return not (isinstance(value, type) and is_extension_type(value))


def is_sent_by_value(module: object) -> bool:
    """Whether `cloudpickle.register_pickle_by_value` names a module, or a package around it."""
    if not by_value_registry():
        return False
    # Another thread may just be importing cloudpickle.
    list_modules: Any = getattr(sys.modules["cloudpickle"], "list_registry_pickle_by_value", tuple)
    names = list_modules()
    return any(f"{module}.".startswith(f"{name}.") for name in names)


def by_value_registry() -> Any:
    """The modules to go by value, in cloudpickle's own set, which is empty most of the time.

    None while cloudpickle is not imported: nothing is registered then. True for a version of it
    that keeps them elsewhere.
    """
    cloudpickle = sys.modules.get("cloudpickle.cloudpickle")
    return cloudpickle and getattr(cloudpickle, "_PICKLE_BY_VALUE_MODULES", True)
