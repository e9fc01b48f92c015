"""Suggest: an adapter for an object, found in the API of its type and proven.

| module | what it holds |
|---|---|
| `suggest` | the public function: what is asked for, and the answer |
| `suggestions` | what `suggest` returns, and how it is shown |
| `candidate` | one candidate, its evidence and its verdict |
| `phrases` | rows, counts, times and sizes of what is printed |
| `explore` | the trials of all drafts, each in a child process |
| `trial` | what such a child does: it makes twins, and compares them |
| `judge` | the order of what was tried, and what speaks against each |
| `proof` | the conformance kit on the code as it is suggested |
| `settings` | what a twin can be given after it was made |
| `survey` | what examples tell, and the drafts that may be tried for them |
| `draft` | a serializer and a factory that may do, and their code |
| `constructing` | drafts of what makes objects, given attributes, contents or a path |
| `pairs` | drafts of what saves and what loads |
| `parents` | drafts of parts, found again in what they are part of |
| `structs` | drafts of C structs |
| `readings` | what can be read of an example, and by which code |
| `savers` | what makes data of an example |
| `makers` | what makes objects of a type |
| `matching` | which readings are the arguments of a maker |
| `names`, `modules` | how types and functions are written, and where they are looked for |
| `words` | what names say: which save, load, open, act |
| `signatures` | the parameters of a constructor or of a callable, from all that tells them |
| `parameters` | a parameter, and how those of several sources become one |
| `docstrings` | the signatures in docstrings, in the forms of the binding generators |
| `sections` | the parameters that a docstring describes one by one |
| `stubs` | the signatures in the `.pyi` files beside a module |
| `kit_text` | the text of a conformance test |
| `sandbox` | what a forked child gives up before foreign code is tried in it |
| `kernel` | what Linux refuses to it: Landlock, and a network of its own |
| `refusals` | what an audit hook refuses to Python code |
"""
