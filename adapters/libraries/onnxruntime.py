"""onnxruntime: sessions with their models, options, and values.

Share a session (`adapters.share`): its model is in the payload.

| type | what travels | what does not |
|---|---|---|
| `InferenceSession` | the model's bytes, also where it was made from a path; the session's options, providers with their options, fixed dimensions | disabled_optimizers, custom operators, initializers given in memory and tuning results cannot be seen: lost; a session of a model package is refused, so are providers that are not available at arrival |
| `SessionOptions` | all attributes, the configuration entries that onnxruntime knows | overrides of free dimensions, initializers, custom operators and a selection of devices cannot be seen: lost; providers are refused |
| `RunOptions` | all attributes, the configuration entries that onnxruntime knows | active LoRA adapters cannot be seen: lost |
| `OrtValue` | a tensor of numbers | a tensor on another device, a sparse one, a sequence, strings, float8 and bfloat16: refused |
| `SparseTensor` | values, indices and shape, of the formats COO and CSR | another format or device: refused |
| `OrtDevice`, `OrtArenaCfg`, `OrtExternalInitializerInfo` | all of it | |

External data of a model stays in its folder: an entry of the new session's options names that.

Left out: `IOBinding`: what is bound cannot be read back. `LoraAdapter`: its parameters cannot be
read back. `AdapterFormat`: it does not keep the memory of its parameters. `NodeArg`, `ModelMetadata`: they do not know their session: send what they say.
`OrtMemoryInfo`: its type of device and its alignment cannot be read back.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

from adapters import register
from adapters.libraries._files import existing
from adapters.libraries._states import parts

_FOLDER = "session.model_external_initializers_file_folder_path"
_RUN_KEYS = ["gpu_graph_id", "disable_synchronize_execution_providers"]
_DEVICE = (128, 128, 2**32, 2**15)  # limits of its type, memory, vendor and number
_MOST_THREADS = 1024  # a million threads are started one by one


def _attributes(kind: Any) -> list[str]:
    return [name for name, found in vars(kind).items() if isinstance(found, property)]


@cache
def _keys() -> list[str]:
    """The keys of configuration entries. They cannot be listed, but stand in the binary."""
    data = Path(native.__file__).read_bytes()
    found = re.findall(rb"\0([a-z]\w*(?:\.[a-z0-9_]+)+)(?=\0)", data)
    return sorted({key.decode() for key in found} | {*_RUN_KEYS, _FOLDER})


def _entries(get: Any) -> dict[str, str]:
    found = {}
    for key in _keys():
        try:
            found[key] = get(key)
        except RuntimeError:  # there is no such entry
            continue
    return found


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str)) else int(value)  # of an enumeration


def _values(options: Any) -> dict[str, Any]:
    return {name: _plain(getattr(options, name)) for name in _attributes(type(options))}


def _set(fresh: Any, state: Any, add: Any) -> Any:
    values, entries = parts(state, dict, dict)
    for name, value in values.items():
        kind = type(getattr(fresh, name)) if name in _attributes(type(fresh)) else None
        members = getattr(kind, "__members__", {})
        if members and type(value) is int and value in [int(each) for each in members.values()]:
            value = kind(value)  # type: ignore[misc]
        if type(value) is not kind:
            raise ValueError(f"there is no option {name!r} with the value {value!r}")
        if name.endswith("_num_threads") and not -1 <= value <= _MOST_THREADS:
            raise ValueError(f"{name} is not between -1 and {_MOST_THREADS}, but {value}")
        setattr(fresh, name, value)
    for key, value in entries.items():
        parts((key, value), str, str)
        add(key, value)
    return fresh


def _options(options: Any) -> Any:
    if getattr(options, "has_providers", bool)():
        raise ValueError(
            "the options have providers, which cannot be read back: give them to the session"
        )
    return _values(options), _entries(options.get_session_config_entry)


def _make_options(state: Any) -> Any:
    fresh = onnxruntime.SessionOptions()
    return _set(fresh, state, fresh.add_session_config_entry)


def _run_options(options: Any) -> Any:
    return _values(options), _entries(options.get_run_config_entry)


def _make_run_options(state: Any) -> Any:
    fresh = onnxruntime.RunOptions()
    return _set(fresh, state, fresh.add_run_config_entry)


def _session(session: Any) -> Any:
    path, model = session._model_path, session._model_bytes
    if not path and not model:
        raise ValueError("the session keeps no model, as one of a model package: open it again")
    values, entries = _options(session.get_session_options())
    if path:
        model = Path(existing(path)).read_bytes()
        if b"location" in model:  # of external data
            entries.setdefault(_FOLDER, os.path.dirname(existing(path)))
    options = session.get_provider_options()
    providers = [(name, dict(options.get(name, {}))) for name in session.get_providers()]
    shapes = [list(each.shape) for each in session.get_inputs()]
    flags = session._read_config_from_model, session._enable_fallback
    return model, (values, entries), providers, shapes, flags


def _make_session(state: Any) -> Any:
    model, options, providers, shapes, flags = parts(
        state, (bytes, memoryview), tuple, list, list, tuple
    )
    providers = [tuple(parts(each, str, dict)) for each in providers]
    missing = {name for name, _ in providers} - {*onnxruntime.get_available_providers()}
    if missing or not providers:
        raise ValueError(
            f"this onnxruntime has no provider {', '.join(missing) or 'that is named'}"
        )
    from_model, fallback = parts(flags, bool, bool)

    def make(options: Any) -> Any:
        # No fallback: it would hide what is wrong with the state.
        made = onnxruntime.InferenceSession(
            bytes(model),
            options,
            providers,
            enable_fallback=0,
            read_config_from_model=from_model,
        )
        made._enable_fallback = fallback
        return made, [list(each.shape) for each in made.get_inputs()]

    made, found = make(_make_options(options))
    if found == shapes:
        return made
    again = _make_options(options)  # free dimensions were fixed
    for name, size in _fixed(found, shapes).items():
        again.add_free_dimension_override_by_name(name, size)
    made, found = make(again)
    if found != shapes:
        raise ValueError("the inputs have other shapes: options of the session could not be seen")
    return made


def _fixed(found: Any, wanted: Any) -> dict[str, int]:
    """The sizes of the dimensions that have a name in one list of shapes, and none in the other."""
    pairs = [
        pair
        for one, other in zip(found, parts(wanted, *[list] * len(found)), strict=True)
        for pair in zip(one, other, strict=False)
    ]
    return {name: size for name, size in pairs if isinstance(name, str) and isinstance(size, int)}


def _value(value: Any) -> Any:
    if not value.is_tensor() or value.is_sparse_tensor() or value.device_name().lower() != "cpu":
        raise ValueError("only a dense tensor in the CPU's memory travels: copy it there, before")
    try:
        array = value.numpy()
    except RuntimeError as error:
        raise ValueError(f"numpy has no such type of elements: {error}") from error
    if array.dtype == object:
        raise ValueError("onnxruntime makes no tensor of strings: send what numpy() returns")
    return array


def _make_value(state: Any) -> Any:
    (array,) = parts((state,), np.ndarray)
    return onnxruntime.OrtValue.ortvalue_from_numpy(np.array(array))  # which may be written to


_COO, _CSR = (getattr(native.OrtSparseFormat, f"ORT_SPARSE_{name}") for name in ("COO", "CSRC"))


def _sparse(tensor: Any) -> Any:
    if tensor.device_name().lower() != "cpu" or tensor.format() not in (_COO, _CSR):
        raise ValueError("only a tensor in the format COO or CSR, in the CPU's memory, travels")
    if tensor.format() == _COO:
        indices = [tensor.as_coo_view().indices()]
    else:
        view = tensor.as_csrc_view()
        indices = [view.inner(), view.outer()]
    # Copies: the views do not keep the memory.
    shape = np.array(tensor.dense_shape(), np.int64)
    return shape, np.array(tensor.values()), [np.array(each) for each in indices]


def _make_sparse(state: Any) -> Any:
    shape, values, indices = parts(state, np.ndarray, np.ndarray, list)
    indices = [np.array(each, np.int64) for each in parts(indices, *[np.ndarray] * len(indices))]
    make = {
        1: onnxruntime.SparseTensor.sparse_coo_from_numpy,
        2: onnxruntime.SparseTensor.sparse_csr_from_numpy,
    }.get(len(indices))
    if make is None or shape.ndim != 1 or values.ndim != 1:
        raise ValueError("a sparse tensor has a shape, values, and one or two arrays of indices")
    return make(np.array(shape, np.int64), np.array(values), *indices, _cpu())


def _cpu() -> Any:
    return onnxruntime.OrtDevice.make("cpu", 0)


def _device(device: Any) -> Any:
    held = device._get_c_device()
    return held.device_type(), held.mem_type(), held.vendor_id(), held.device_id()


def _make_device(state: Any) -> Any:
    numbers = parts(state, int, int, int, int)
    if not all(0 <= number < limit for number, limit in zip(numbers, _DEVICE, strict=True)):
        raise ValueError(f"{numbers!r} are no type, memory, vendor and number of a device")
    return onnxruntime.OrtDevice(native.OrtDevice(*numbers))


def _arena(config: Any) -> Any:
    return {name: getattr(config, name) for name in _attributes(type(config))}


def _make_arena(state: Any) -> Any:
    parts((state,), dict)
    made = native.OrtArenaCfg({})
    for name in _attributes(native.OrtArenaCfg):
        setattr(made, name, parts((state.get(name),), int)[0])
    return made


def _initializer_info(info: Any) -> Any:
    return info.filepath, info.file_offset, info.byte_size


def _make_initializer_info(state: Any) -> Any:
    path, offset, size = parts(state, str, int, int)
    return native.OrtExternalInitializerInfo(path, offset, size)


register(onnxruntime.InferenceSession, _session, _make_session)
register(onnxruntime.SessionOptions, _options, _make_options)
register(onnxruntime.RunOptions, _run_options, _make_run_options)
register(onnxruntime.OrtValue, _value, _make_value)
register(onnxruntime.SparseTensor, _sparse, _make_sparse)
register(onnxruntime.OrtDevice, _device, _make_device)
register(native.OrtArenaCfg, _arena, _make_arena)
if _kind := getattr(native, "OrtExternalInitializerInfo", None):
    register(_kind, _initializer_info, _make_initializer_info)
