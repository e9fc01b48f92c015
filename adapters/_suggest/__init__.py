"""Suggest: an adapter for an object, found in the API of its type and proven.

| module | what it holds |
|---|---|
| `signatures` | the parameters of a constructor or of a callable, from all that tells them |
| `parameters` | a parameter, and how those of several sources become one |
| `docstrings` | the signatures in docstrings, in the forms of the binding generators |
| `sections` | the parameters that a docstring describes one by one |
| `stubs` | the signatures in the `.pyi` files beside a module |
| `sandbox` | what a forked child gives up before foreign code is tried in it |
| `kernel` | what Linux refuses to it: Landlock, and a network of its own |
| `refusals` | what an audit hook refuses to Python code |
"""
