"""What serves an object: the name of its type, which may be a C type, and its adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters._naming import qualified_name
from adapters._wire.ctype import ctype_of
from adapters._wire.rebuild import registry

if TYPE_CHECKING:
    from adapters._wire.adapter import Adapter


def type_name(obj: object) -> str:
    """The module-qualified type of an object, or its C type."""
    return qualified_name(ctype_of(obj) or type(obj))


def adapter_for(obj: object) -> Adapter | None:
    """The adapter that serves an object, None if there is none."""
    return registry.serving(ctype_of(obj) or type(obj))
