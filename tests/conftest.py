"""What all tests share."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from processes import children_left

import adapters

# A shell makes what it starts in the background deaf to Ctrl-C, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["adapters.testing"]

START_METHODS = multiprocessing.get_all_start_methods()

PARCELS = """
typedef struct { double x, y; } point_t;
typedef enum { SMALL, LARGE = 7 } size_class_t;
typedef struct {
    int count;
    unsigned low : 3;
    int high : 5;
    size_class_t size;
    float grid[2][3];
    char label[8];
    point_t at;
    point_t corners[2];
    union { double d; unsigned char raw[8]; } either;
    union { int i; float f; };
    _Bool fragile;
    double *weights;
    char *name;
    point_t *origin;
} parcel_t;
typedef struct depot depot_t;
typedef struct { depot_t *depot; int number; } label_t;
typedef struct { int x; ...; } partial_t;
parcel_t *parcel_new(int count);
void parcel_free(parcel_t *parcel);
double parcel_weight(const parcel_t *parcel);
depot_t *depot_new(void);
"""

PARCELS_C = """
#include <stdlib.h>
#include <string.h>

struct depot { int place; };

parcel_t *parcel_new(int count) {
    parcel_t *parcel = calloc(1, sizeof *parcel);
    parcel->count = count;
    parcel->weights = calloc(count ? count : 1, sizeof(double));
    parcel->name = calloc(16, 1);
    strcpy(parcel->name, "a parcel");
    parcel->origin = calloc(1, sizeof(point_t));
    parcel->origin->x = 0.5;
    return parcel;
}

void parcel_free(parcel_t *parcel) {
    memset(parcel->weights, 0xdd, parcel->count * sizeof(double));
    free(parcel->weights);
    free(parcel->name);
    free(parcel->origin);
    free(parcel);
}

double parcel_weight(const parcel_t *parcel) {
    double sum = 0;
    for (int i = 0; i < parcel->count; i++)
        sum += parcel->weights[i];
    return sum + strlen(parcel->name) + parcel->origin->x;
}

depot_t *depot_new(void) {
    return calloc(1, sizeof(depot_t));
}
"""


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Let threads take turns often: a race shows soon."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture(scope="module", autouse=True)
def garbage_of_its_own() -> None:
    """Spare each `gc.collect()` of a module's tests all that others have made before."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    """A child that one test leaves is a riddle in the next one."""
    yield
    assert children_left() == []


@pytest.fixture
def native() -> Iterator[Any]:
    """A type of one test, which no other process knows and which does not pickle by itself."""

    class Native:
        def __init__(self, state: object = None) -> None:
            self.state = state
            self.lock = threading.Lock()

    yield Native
    if any(adapter.target is Native for adapter in adapters.registry):
        adapters.unregister(Native)


@pytest.fixture
def registry() -> adapters.Registry:
    """A registry of one test, of which picklers know nothing."""
    return adapters.Registry()


@pytest.fixture(params=START_METHODS)
def start_method(request: pytest.FixtureRequest) -> str:
    """Each way in which this platform starts a process."""
    return str(request.param)


@pytest.fixture(scope="session")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Somebody's compiled cffi module: `parcels.ffi` and `parcels.lib`."""
    import cffi

    folder = tmp_path_factory.mktemp("parcels")
    builder = cffi.FFI()
    builder.cdef(PARCELS)
    types = PARCELS[: PARCELS.index("parcel_t *parcel_new")]
    types = types.replace("...;", "int hidden; void *owner;")
    builder.set_source("parcels", "#include <stdbool.h>\n" + types + PARCELS_C)
    builder.compile(tmpdir=str(folder))
    sys.path.insert(0, str(folder))
    return importlib.import_module("parcels")
