"""Packages: whose types have adapters in `adapters.libraries`, by what the types say of themselves.

The table is static, so that nothing has to be imported to ask it.
"""

from __future__ import annotations

PREFIX = "adapters.libraries."

# The top-level module that types state, or that holds them: the file of their adapters.
FILES = {
    "annoy": "annoy",
    "apsw": "apsw",
    "av": "av",
    "bitarray": "bitarray",
    "blosc2": "blosc2",
    "casadi": "casadi",
    "cbor2": "cbor2",
    "cryptography": "cryptography",
    "cv2": "cv2",
    "_duckdb": "duckdb",
    "duckdb": "duckdb",
    "faiss": "faiss",
    "fasttext": "fasttext",
    "fasttext_pybind": "fasttext",
    "fiona": "fiona",
    "flint": "flint",
    "gmpy2": "gmpy2",
    "gzip": "gzip",
    "h11": "h11",
    "h5py": "h5py",
    "highspy": "highspy",
    "hnswlib": "hnswlib",
    "hyperscan": "hyperscan",
    "igraph": "igraph",
    "_io": "io",
    "jiter": "jiter",
    "json": "json",
    "jsonschema_rs": "jsonschema_rs",
    "kiwisolver": "kiwisolver",
    "lightgbm": "lightgbm",
    "llvmlite": "llvmlite",
    "lmdb": "lmdb",
    "lxml": "lxml",
    "manifold3d": "manifold3d",
    "msgspec": "msgspec",
    "mujoco": "mujoco",
    "netCDF4": "netCDF4",
    "numba": "numba",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "orjson": "orjson",
    "ortools": "ortools",
    "pikepdf": "pikepdf",
    "PIL": "PIL",
    "polars": "polars",
    "google": "protobuf",
    "psutil": "psutil",
    "pyarrow": "pyarrow",
    "pydantic_core": "pydantic_core",
    "_pygit2": "pygit2",
    "pygit2": "pygit2",
    "pymupdf": "pymupdf",
    "pypdfium2": "pypdfium2",
    "pyproj": "pyproj",
    "pysam": "pysam",
    "pysat": "pysat",
    "rasterio": "rasterio",
    "rdkit": "rdkit",
    "re2": "re2",
    "_regex": "regex",
    "rtree": "rtree",
    "selectolax": "selectolax",
    "shapely": "shapely",
    "soundfile": "soundfile",
    "sqlite3": "sqlite3",
    "_struct": "struct",
    "symengine": "symengine",
    "tantivy": "tantivy",
    "tokenizers": "tokenizers",
}

# Types that state no module and that no module holds under their name: the module that they are
# from, which is the key of another table.
UNNAMED = {
    "ImagingCore": "PIL",
    "PKCS12Certificate": "cryptography",
    "Path": "PIL",
}
