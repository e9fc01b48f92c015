"""Build the classes of this folder in the current one, which holds a copy of the sources.

Nothing is optimized, as only the time of the compilers counts.
"""

import os
import sysconfig

import pybind11
from setuptools import Extension, setup

QUICK = ["-O0", "-g0", "-w"]


def main():
    swig = os.path.join(sysconfig.get_path("scripts"), "swig")
    setup(
        name="bindings",
        ext_modules=[
            Extension(
                "camera",
                ["camera.cpp"],
                include_dirs=[pybind11.get_include()],
                extra_compile_args=[*QUICK, "-std=c++17", "-fvisibility=hidden"],
                language="c++",
            ),
            Extension(
                "_motor",
                ["motor.i"],
                swig_opts=["-c++"],
                extra_compile_args=QUICK,
                language="c++",
            ),
            Extension("table", ["table.pyx"], extra_compile_args=QUICK),
        ],
        script_args=["--quiet", "build_ext", "--inplace", "--parallel=2", f"--swig={swig}"],
    )


if __name__ == "__main__":
    main()
