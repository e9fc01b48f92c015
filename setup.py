"""Build the C of `native` and the accelerator of `adapters`; all else is in pyproject.toml."""

import sys
import sysconfig

from setuptools import Extension, setup

# Both keep to Python's stable ABI: one wheel serves every version from this one on.
LIMITED = {"define_macros": [("Py_LIMITED_API", "0x030A0000")], "py_limited_api": True}

# Without a compiler both are left out, with a warning of setuptools. Builds of CPython that have no
# interpreter lock have no stable ABI either; they and other interpreters use the Python form.
ACCELERATOR = Extension(
    "adapters._accelerator", ["adapters/_accelerator.c"], optional=True, **LIMITED
)

IS_USUAL = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    cffi_modules=["native/_build.py:ffibuilder"],
    ext_modules=[ACCELERATOR] if IS_USUAL else [],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
