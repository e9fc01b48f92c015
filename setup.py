"""Build the C extension of `native`; everything else is in pyproject.toml."""

from setuptools import setup

setup(
    cffi_modules=["native/_build.py:ffibuilder"],
    # cffi builds for Python's stable ABI: one wheel serves every version from this one on.
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
