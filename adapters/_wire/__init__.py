"""The core: how a native object becomes a spec, and a spec an object again.

| module | what it holds |
|---|---|
| `adapter` | an adapter: serializer, factory, name, version and upgrades |
| `registration` | what an adapter can be made of |
| `lookup` | which adapter serves a type, a subclass, a C type or a name |
| `library_adapters` | adapters that libraries bring, which yield to registrations |
| `editions` | classes that were defined again, whose objects say so |
| `registry` | registering and unregistering |
| `signatures` | what type checkers know of the functions of an adapter |
| `copyreg_table` | what copyreg is told |
| `unserved` | what no adapter serves |
| `served` | the adapter of an object, and the name of its type |
| `abstract` | types of which there are no objects, which are refused |
| `copying` | what the copy module gets |
| `reducer` | the wire form: what picklers get for a native object |
| `rebuild` | the wire form: what payloads name, and the adapters that they ask for |
| `spec` | specs, as values |
| `key` | what a payload says of an adapter, in one string |
| `provider` | how a process that never saw the registration gets the adapter |
| `attributes` | the Python part of an object of a native type |
| `by_value` | the pickler that sends functions, classes and adapters by value |
| `ctype` | C types of cffi |
| `buffers` | when the bytes of a state leave out of band |
| `exports` | what keeps the garbage collector of older Pythons from a crash |
| `cycles` | states that contain their own object, which are refused |
"""
