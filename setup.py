"""Build the accelerator of `adapters`, and in a checkout the C of `native`.

What people install is `adapters` alone. `native` and `demos` are in the source distribution, and
are built and importable where they are developed: `pip install --editable`, `build_ext --inplace`.
"""

import sys
import sysconfig

from setuptools import Extension, find_packages, setup

# The commands by which pip, build and others make a wheel that is no editable one.
IS_WHEEL = not {"bdist_wheel", "dist_info"}.isdisjoint(sys.argv)

# The C of both keeps to Python's stable ABI: one wheel serves every version from this one on.
LIMITED = {"define_macros": [("Py_LIMITED_API", "0x030A0000")], "py_limited_api": True}

# Without a compiler both are left out, with a warning of setuptools. Builds of CPython that have no
# interpreter lock have no stable ABI either; they and other interpreters use the Python form.
ACCELERATOR = Extension(
    "adapters._accelerator", ["adapters/_accelerator.c"], optional=True, **LIMITED
)

IS_USUAL = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    packages=find_packages(include=["adapters*"] + ([] if IS_WHEEL else ["demos*", "native*"])),
    cffi_modules=[] if IS_WHEEL else ["native/_build.py:ffibuilder"],
    ext_modules=[ACCELERATOR] if IS_USUAL else [],
    options={"bdist_wheel": {"py_limited_api": "cp310"}} if IS_USUAL else {},
)
