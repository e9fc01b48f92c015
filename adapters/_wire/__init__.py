"""The core: how a native object becomes a spec, and a spec an object again.

| module | what it holds |
|---|---|
| `adapter` | an adapter: serializer, factory, name and version |
| `registry` | which adapter serves a type, a C type or a name; what copyreg is told |
| `rebuild` | the wire form: what payloads name, specs, reducers |
| `provider` | how a process that never saw the registration gets the adapter |
| `by_value` | the pickler that sends functions, classes and adapters by value |
| `ctype` | C types of cffi |
| `buffers` | large parts of states, which leave out of band |
"""
