import os
import tempfile

import pytest
from kit import check_examples

onnxruntime = pytest.importorskip("onnxruntime")
np = pytest.importorskip("numpy")

import adapters  # noqa: E402
from adapters.libraries import onnxruntime as _  # noqa: E402, F401

FILE = os.path.join(tempfile.gettempdir(), "adapters-test.onnx")


def field(number, value):
    """One field of a protobuf message: a number, or bytes that are shorter than 128."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2, len(value)]) + value


def model():
    """The bytes of an ONNX model: y = x + x, for two floats, or N."""
    floats = field(1, field(1, 1) + field(2, field(1, field(2, b"N"))))
    node = field(1, b"x") * 2 + field(2, b"y") + field(4, b"Add")
    graph = field(1, node) + field(2, b"g")
    graph += field(11, field(1, b"x") + field(2, floats))
    graph += field(12, field(1, b"y") + field(2, floats))
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


def session():
    return onnxruntime.InferenceSession(model(), providers=["CPUExecutionProvider"])


def fixed():
    options = session_options()
    options.add_free_dimension_override_by_name("N", 2)
    return onnxruntime.InferenceSession(
        model(), options, providers=["CPUExecutionProvider"], enable_fallback=0
    )


def of_file():
    if not os.path.exists(FILE):
        with open(f"{FILE}.{os.getpid()}", "wb") as file:
            file.write(model())
        os.replace(file.name, FILE)
    return onnxruntime.InferenceSession(FILE, providers=["CPUExecutionProvider"])


def session_options():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    options.logid = "id"
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def run_options():
    options = onnxruntime.RunOptions()
    options.only_execute_path_to_fetches = True
    options.logid = "id"
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def value():
    return onnxruntime.OrtValue.ortvalue_from_numpy(np.arange(6.0).reshape(2, 3))


def small_value():
    return onnxruntime.OrtValue.ortvalue_from_numpy(np.array(3, np.float16))


def device():
    return onnxruntime.OrtDevice.make("cpu", 0)


def gpu():
    return onnxruntime.OrtDevice.make("cuda", 1)


def coo():
    indices = np.array([0, 0, 1, 2], np.int64)
    values = np.array([1.0, 2.0])
    return onnxruntime.SparseTensor.sparse_coo_from_numpy([3, 3], values, indices, device())


def csr():
    inner, outer = np.array([0, 1], np.int64), np.array([0, 1, 2, 2], np.int64)
    values = np.array([1.0, 2.0], np.float32)
    return onnxruntime.SparseTensor.sparse_csr_from_numpy([3, 3], values, inner, outer, device())


def arena():
    return onnxruntime.OrtArenaCfg({"max_mem": 100, "arena_extend_strategy": 1})


def initializer_info():
    return onnxruntime.OrtExternalInitializerInfo("a.bin", 1, 2)


TYPES = {
    "InferenceSession": [session, fixed, of_file],
    "SessionOptions": [onnxruntime.SessionOptions, session_options],
    "RunOptions": [onnxruntime.RunOptions, run_options],
    "OrtValue": [value, small_value],
    "SparseTensor": [coo, csr],
    "OrtDevice": [device, gpu],
    "OrtArenaCfg": [arena],
    "OrtExternalInitializerInfo": [initializer_info],
}
OPTIONS = {
    # An address; and how long the session has lived.
    "OrtValue": {"ignore": ["data_ptr"]},
    "InferenceSession": {"ignore": ["get_profiling_start_time_ns"]},
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


@pytest.mark.parametrize("make", TYPES["InferenceSession"])
def test_a_session_computes_and_keeps_its_options(make):
    twin = adapters.loads(adapters.dumps(make()))
    (result,) = twin.run(None, {"x": np.ones(2, np.float32)})
    assert result.tolist() == [2, 2]
    assert twin.get_inputs()[0].shape == [2 if make is fixed else "N"]
    assert twin._enable_fallback is (make is not fixed)
    if make is fixed:
        options = twin.get_session_options()
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_model_that_is_no_model():
    payload = adapters.dumps(session())
    assert b"Add" in payload
    with pytest.raises(adapters.RebuildError):
        adapters.loads(payload.replace(b"Add", b"Adx"))


def test_a_session_of_a_file_that_is_gone():
    made = of_file()
    os.remove(FILE)
    with pytest.raises(adapters.SerializeError, match="is no regular file"):
        adapters.dumps(made)


def test_providers_are_refused_with_words():
    options = onnxruntime.SessionOptions()
    if hasattr(options, "add_provider"):
        options.add_provider("CPUExecutionProvider", {})
        with pytest.raises(adapters.SerializeError, match="give them to the session"):
            adapters.dumps(options)
