from collections.abc import Callable
from typing import Any

def inspect(state: Any, /) -> int: ...
def is_in_progress(obj: object, /) -> bool: ...
def set_up_inspect(
    inspect: Callable[[Any], int], buffers: tuple[type, ...], large: int, /
) -> None: ...
def set_up_rebuild(
    rebuild: Callable[..., Any],
    failed: Callable[[Any, BaseException], Any],
    resolved: dict[Any, Any],
    out_of_band: type,
    /,
) -> type[Any]: ...

class Progress:
    def __new__(cls, obj: object, /) -> Progress: ...
    def __iter__(self) -> Progress: ...
    def __next__(self) -> Any: ...

class Reducer:
    def __new__(
        cls,
        adapter: object,
        serialize: Callable[[Any], Any],
        rebuild: Callable[..., Any],
        reduce_with_parts: Callable[[Any, Any, int], Any],
        failed: Callable[[BaseException], Any],
        by_value_registry: Callable[[], Any],
        by_module: object,
        /,
    ) -> Reducer: ...
    def reduce(self, obj: Any, /) -> Any: ...

class CTypeReducer:
    def __new__(
        cls,
        typeof: Callable[[Any], Any],
        adapters: dict[Any, Any],
        otherwise: Callable[[Any], Any],
        /,
    ) -> CTypeReducer: ...
    def reduce(self, obj: Any, /) -> Any: ...

class Struct:
    def __new__(
        cls,
        fields: tuple[Any, ...],
        new: Callable[[Any, Any], Any],
        pointer: object,
        is_pointer: bool,
        general: Callable[[Any], Any],
        /,
    ) -> Struct: ...
    def serialize(self, struct: Any, /) -> Any: ...
    def make(self, state: Any, /) -> Any: ...

class Override:
    was_called: bool
    def __new__(
        cls, left: dict[type, Any], more: dict[type, Any], ask: Callable[[Any], Any], /
    ) -> Override: ...
    def reduce(self, obj: Any, /) -> Any: ...
