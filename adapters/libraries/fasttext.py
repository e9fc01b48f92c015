"""fasttext: models.

Share a model (`adapters.share`): its vectors are in the payload.

| type | what travels | what does not |
|---|---|---|
| `fasttext` | the model as fasttext saves it, quantized ones, too | arguments of the training that it does not save (learning rate, threads) have their default values |
| `_FastText` | the model, and the arguments of its training | |

Left out: `args`, `Meter`, `Vector`, `DenseMatrix`: numpy takes the numbers of the last two.
"""

from __future__ import annotations

from typing import Any

import fasttext_pybind
from fasttext.FastText import _FastText

from adapters import register
from adapters.libraries._files import loaded, saved
from adapters.libraries._states import opened, parts, sealed


def _native(model: Any) -> Any:
    try:
        return sealed(saved(model.saveModel))
    except RuntimeError as error:
        raise ValueError(f"the model cannot be saved: {error}") from error


def _make_native(state: Any) -> Any:
    made = fasttext_pybind.fasttext()
    loaded(opened(state), made.loadModel, ".bin")
    return made


def _model(model: Any) -> Any:
    fields = {name: value for name, value in vars(model).items() if name != "f"}
    for name in ("_words", "_labels"):
        fields[name] = None  # made when they are asked for
    return model.f, fields


def _make_model(state: Any) -> Any:
    native, fields = parts(state, fasttext_pybind.fasttext, dict)
    if not {"_words", "_labels"} <= {*fields} or not all(type(name) is str for name in fields):
        raise ValueError("the fields of a model are named, and among them are _words and _labels")
    for value in fields.values():
        parts((value,), (bool, int, float, str, type(None), *_ENUMERATIONS))
    made = _FastText()
    vars(made).update(fields, f=native)
    return made


_ENUMERATIONS = tuple(
    getattr(fasttext_pybind, name) for name in ("loss_name", "model_name", "metric_name")
)

register(fasttext_pybind.fasttext, _native, _make_native)
register(_FastText, _model, _make_model)
