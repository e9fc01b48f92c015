/* The hot paths of adapters, in C. Each does what the Python of the same name does, and leaves to it
   all that is rare: errors, large parts, what is nested deep.

   | here                    | in Python             |
   |-------------------------|-----------------------|
   | inspect                 | `_wire/buffers.py`    |
   | Progress, is_in_progress| `_wire/cycles.py`     |
   | Reducer                 | `_wire/reducer.py`    |
   | CTypeReducer            | `_wire/ctype.py`      |
   | rebuild                 | `_wire/rebuild.py`    |
   | Override                | `_plain_pickler.py`   |
   | Struct                  | `_struct/layout.py`   |

   Only the limited API of Python 3.10 is used, so that one build serves each later version. All of
   it runs under the interpreter lock; builds of Python that have none use the Python. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <structmember.h>

/* What `inspect` finds in a state. */
enum { OTHER = 1, BUFFERS = 2, TOO_DEEP = 4 };

enum {
    DEPTH = 64,       /* of containers in each other that are looked at here */
    FEW = 16,         /* of containers that are kept in a list, before there is a table */
    BUCKETS = 256,    /* of the table of objects in progress */
    MOST_BUFFERS = 4, /* of types of buffers, without that of cffi */
};

typedef struct Progress Progress;

typedef struct {
    PyObject *modules; /* sys.modules, which the interpreter gives up before the last objects go */
    PyTypeObject *progress_type;
    PyTypeObject *reducer_type;
    PyTypeObject *ctype_reducer_type;
    PyTypeObject *override_type;
    PyTypeObject *struct_type;
    PyObject *cffi;                  /* "_cffi_backend" */
    PyObject *cloudpickle;           /* "cloudpickle" */
    PyObject *key;                   /* "key" */
    PyObject *reduce;                /* "reduce" */
    PyObject *made;                  /* "made" */
    PyObject *inspect;               /* the function in Python */
    PyObject *rebuild;               /* the function in Python */
    PyObject *failed;                /* raises what an error of a factory becomes */
    PyObject *resolved;              /* `Lookup.resolved`, a dict */
    PyObject *out_of_band;           /* the type of states that are copied */
    PyObject *cffi_buffer;           /* the type, once cffi is imported */
    PyObject *buffers[MOST_BUFFERS]; /* the other types of buffers */
    Py_ssize_t large;                /* the size from which on bytes are one, too */
    Progress *in_progress[BUCKETS];
} State;

static PyObject *call(PyObject *function, PyObject *argument)
{
    return PyObject_CallFunctionObjArgs(function, argument, NULL);
}

/* Put an object into a place, which keeps the reference. */
static void put(PyObject **place, PyObject *object)
{
    PyObject *old = *place;
    *place = object;
    Py_XDECREF(old);
}

static void put_new(PyObject **place, PyObject *object)
{
    Py_INCREF(object);
    put(place, object);
}

/* The error for what the garbage collector has cleared, as it may at the end of the process. */
static PyObject *torn_down(void)
{
    PyErr_SetString(PyExc_RuntimeError, "adapters is being torn down");
    return NULL;
}

/* A module that is imported (borrowed), or NULL, also with an error. */
static PyObject *imported(const State *module, PyObject *name)
{
    return module->modules == NULL ? NULL : PyDict_GetItemWithError(module->modules, name);
}

/* ---------------------------------------------------------------------------------- inspect */

/* A look through one state. `few` and `table` hold the containers that more than one reference
   leads to: what has one reference cannot be met twice. */
typedef struct {
    State *module;
    int found;
    size_t count;
    size_t size; /* of the table, a power of two */
    void **table;
    void *few[FEW];
} Look;

static size_t slot_of(void *const *table, size_t size, const void *container)
{
    size_t slot = ((uintptr_t)container >> 4) * 0x9E3779B1u & (size - 1);
    while (table[slot] != NULL && table[slot] != container)
        slot = (slot + 1) & (size - 1);
    return slot;
}

static int grow(Look *look)
{
    size_t size = look->size ? 4 * look->size : 8 * FEW;
    void **old = look->size ? look->table : look->few;
    size_t count = look->size ? look->size : FEW;
    void **table = PyMem_Calloc(size, sizeof *table);

    if (table == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t each = 0; each < count; each++)
        if (old[each] != NULL)
            table[slot_of(table, size, old[each])] = old[each];
    PyMem_Free(look->table);
    look->table = table;
    look->size = size;
    return 0;
}

/* 1 if the container was met before, 0 if not, -1 with an error. */
static int was_met(Look *look, void *container)
{
    if (look->size == 0) {
        for (size_t each = 0; each < look->count; each++)
            if (look->few[each] == container)
                return 1;
        if (look->count < FEW) {
            look->few[look->count++] = container;
            return 0;
        }
    }
    if (2 * look->count >= look->size && grow(look) < 0)
        return -1;
    size_t slot = slot_of(look->table, look->size, container);
    if (look->table[slot] == container)
        return 1;
    look->table[slot] = container;
    look->count++;
    return 0;
}

static int is_scalar(PyObject *value)
{
    PyTypeObject *kind = Py_TYPE(value);
    return kind == &PyUnicode_Type || kind == &PyLong_Type || kind == &PyFloat_Type ||
           value == Py_None || kind == &PyBool_Type || kind == &PyComplex_Type;
}

static int is_container(PyObject *value)
{
    return PyTuple_CheckExact(value) || PyList_CheckExact(value) || PyDict_CheckExact(value);
}

/* Nothing here runs Python code, which might change what is looked at: types are not hashed. */
static int is_buffer(const State *module, const PyObject *kind)
{
    for (int each = 0; each < MOST_BUFFERS; each++)
        if (kind == module->buffers[each])
            return 1;
    return kind == module->cffi_buffer;
}

static int inspect_container(Look *look, PyObject *container, int depth);

static int inspect_value(Look *look, PyObject *value, int depth)
{
    if (is_scalar(value))
        return 0;
    if (PyBytes_CheckExact(value)) {
        if (PyBytes_Size(value) >= look->module->large)
            look->found |= BUFFERS;
        return 0;
    }
    if (is_container(value))
        return inspect_container(look, value, depth + 1);
    look->found |= is_buffer(look->module, (PyObject *)Py_TYPE(value)) ? BUFFERS : OTHER;
    return 0;
}

/* Keys stay where they are, large or not. */
static void inspect_key(Look *look, PyObject *key)
{
    if (!is_scalar(key) && !PyBytes_CheckExact(key))
        look->found |= OTHER;
}

static int inspect_container(Look *look, PyObject *container, int depth)
{
    if (depth > DEPTH) {
        look->found |= TOO_DEEP;
        return 0;
    }
    if (depth > 0 && Py_REFCNT(container) > 1) {
        int met = was_met(look, container);
        if (met)
            return met < 0 ? -1 : 0;
    }
    if (PyDict_CheckExact(container)) {
        PyObject *key, *value;
        Py_ssize_t position = 0;
        while (PyDict_Next(container, &position, &key, &value)) {
            inspect_key(look, key);
            if (inspect_value(look, value, depth) < 0)
                return -1;
        }
        return 0;
    }
    int is_list = PyList_CheckExact(container);
    Py_ssize_t size = is_list ? PyList_Size(container) : PyTuple_Size(container);
    PyTypeObject *scalar = NULL; /* that of the last one: most lists have one kind of them */
    for (Py_ssize_t index = 0; index < size; index++) {
        PyObject *value =
            is_list ? PyList_GetItem(container, index) : PyTuple_GetItem(container, index);
        if (Py_TYPE(value) == scalar)
            continue;
        if (is_scalar(value))
            scalar = Py_TYPE(value);
        else if (inspect_value(look, value, depth) < 0)
            return -1;
    }
    return 0;
}

/* Learn the type of cffi's buffers, once cffi is imported. */
static int meet_cffi(State *module)
{
    PyObject *cffi = imported(module, module->cffi);
    if (cffi == NULL || cffi == Py_None)
        return PyErr_Occurred() ? -1 : 0;
    Py_INCREF(cffi);
    module->cffi_buffer = PyObject_GetAttrString(cffi, "buffer");
    Py_DECREF(cffi);
    if (module->cffi_buffer == NULL && !PyErr_ExceptionMatches(PyExc_AttributeError))
        return -1;
    PyErr_Clear();
    return 0;
}

/* What is in a state besides plain data, -1 with an error. */
static int inspect(State *module, PyObject *state)
{
    Look look;

    if (is_scalar(state))
        return 0;
    if (module->cffi_buffer == NULL && meet_cffi(module) < 0)
        return -1;
    memset(&look, 0, sizeof look);
    look.module = module;
    int failed = is_container(state) ? inspect_container(&look, state, 0)
                                     : inspect_value(&look, state, 0);
    PyMem_Free(look.table);
    if (failed < 0)
        return -1;
    if (look.found & TOO_DEEP) {
        PyObject *found = call(module->inspect, state);
        if (found == NULL)
            return -1;
        look.found = (int)PyLong_AsLong(found);
        Py_DECREF(found);
    }
    return look.found;
}

/* --------------------------------------------------------------------------------- Progress */

struct Progress {
    PyObject_HEAD
    void *object;
    unsigned long thread;
    Progress *next;   /* in its bucket */
    Progress **place; /* what points to it */
};

static Progress **bucket_of(State *module, void *object)
{
    return &module->in_progress[((uintptr_t)object >> 4) % BUCKETS];
}

static int is_in_progress(State *module, PyObject *object)
{
    Progress *mark = *bucket_of(module, object);
    if (mark == NULL)
        return 0;
    unsigned long thread = PyThread_get_thread_ident();
    while (mark != NULL && (mark->object != object || mark->thread != thread))
        mark = mark->next;
    return mark != NULL;
}

static PyObject *mark(State *module, PyObject *object)
{
    if (module->progress_type == NULL)
        return torn_down();
    Progress *self = PyObject_New(Progress, module->progress_type);
    if (self == NULL)
        return NULL;
    Progress **bucket = bucket_of(module, object);
    self->object = object;
    self->thread = PyThread_get_thread_ident();
    self->next = *bucket;
    self->place = bucket;
    if (self->next != NULL)
        self->next->place = &self->next;
    *bucket = self;
    return (PyObject *)self;
}

static PyObject *progress_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *object;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "O:Progress", &object))
        return NULL;
    State *module = PyType_GetModuleState(type);
    return module == NULL ? NULL : mark(module, object);
}

static void progress_dealloc(Progress *self)
{
    PyTypeObject *type = Py_TYPE(self);
    *self->place = self->next;
    if (self->next != NULL)
        self->next->place = self->place;
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *progress_next(PyObject *self)
{
    (void)self;
    return NULL; /* it is empty */
}

static PyType_Slot progress_slots[] = {
    {Py_tp_doc, "Marks an object as being pickled; an empty iterator."},
    {Py_tp_new, (void *)progress_new},
    {Py_tp_dealloc, (void *)progress_dealloc},
    {Py_tp_iter, (void *)PyObject_SelfIter},
    {Py_tp_iternext, (void *)progress_next},
    {0, NULL},
};
static PyType_Spec progress_spec = {
    "adapters._accelerator.Progress", sizeof(Progress), 0, Py_TPFLAGS_DEFAULT, progress_slots};

/* ---------------------------------------------------- objects that hold a few other objects */

enum { MOST_PARTS = 8 };

typedef struct {
    PyObject_HEAD
    State *module;
    PyObject *owner; /* the module, whose state that is */
    char flag; /* what each type says of it */
    PyObject *parts[MOST_PARTS];
} Holder;

static Holder *holder_new(PyTypeObject *type)
{
    State *module = PyType_GetModuleState(type);
    if (module == NULL)
        return NULL;
    Holder *self = (Holder *)PyType_GenericAlloc(type, 0);
    if (self == NULL)
        return NULL;
    self->module = module;
    put_new(&self->owner, PyType_GetModule(type));
    return self;
}

static void hold(Holder *self, int part, PyObject *object)
{
    Py_INCREF(object);
    self->parts[part] = object;
}

static int holder_traverse(Holder *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->owner);
    for (int part = 0; part < MOST_PARTS; part++)
        Py_VISIT(self->parts[part]);
    return 0;
}

static int holder_clear(Holder *self)
{
    for (int part = 0; part < MOST_PARTS; part++)
        Py_CLEAR(self->parts[part]);
    Py_CLEAR(self->owner);
    return 0;
}

static void holder_dealloc(Holder *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    holder_clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

/* ---------------------------------------------------------------------------------- Reducer */

enum { ADAPTER, SERIALIZE, REBUILD, WITH_PARTS, FAILED, REGISTRY_OF, REGISTRY, KEY };

/* Flags: it goes by value, and has one key; its states are numbers, as those of `Struct` are. */
enum { BY_VALUE = 1, NUMBERS = 2 };

/* The object that a function in C is a method of (borrowed), if it is of a type; NULL if not. */
static Holder *owner_of(PyObject *function, const PyTypeObject *type)
{
    PyObject *owner;
    if (!PyCFunction_CheckExact(function))
        return NULL;
    owner = PyCFunction_GetSelf(function);
    return owner != NULL && Py_TYPE(owner) == type ? (Holder *)owner : NULL;
}

/* The error that was raised, which is raised no more. */
static PyObject *caught(void)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback != NULL)
        PyException_SetTraceback(error, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return error;
}

/* The key of the adapter now (a new reference). */
static PyObject *key_now(Holder *self)
{
    PyObject **parts = self->parts, *key = parts[KEY];

    if (self->flag & BY_VALUE) {
        if (key != NULL) {
            Py_INCREF(key);
            return key;
        }
        key = PyObject_GetAttr(parts[ADAPTER], self->module->key);
        if (key != NULL)
            put_new(&parts[KEY], key);
        return key;
    }
    if (parts[REGISTRY] == NULL && imported(self->module, self->module->cloudpickle) != NULL) {
        PyObject *registry = PyObject_CallNoArgs(parts[REGISTRY_OF]);
        if (registry == NULL)
            return NULL;
        if (registry == Py_None)
            Py_DECREF(registry);
        else
            put(&parts[REGISTRY], registry);
    }
    if (PyErr_Occurred())
        return NULL;
    if (parts[REGISTRY] != NULL) {
        int registered = PyObject_IsTrue(parts[REGISTRY]);
        if (registered < 0)
            return NULL;
        if (registered)
            return PyObject_GetAttr(parts[ADAPTER], self->module->key);
    }
    Py_INCREF(key);
    return key;
}

static PyObject *reducer_reduce(PyObject *held, PyObject *object)
{
    Holder *self = (Holder *)held;
    PyObject **parts = self->parts, *key, *arguments, *state, *reduced = NULL;

    if (parts[ADAPTER] == NULL)
        return torn_down();
    state = call(parts[SERIALIZE], object);
    if (state == NULL) {
        PyObject *error = caught();
        if (error != NULL)
            reduced = call(parts[FAILED], error);
        Py_XDECREF(error);
        return reduced;
    }
    int found = self->flag & NUMBERS ? 0 : inspect(self->module, state);
    if (found < 0)
        goto done;
    if (found & BUFFERS || (found && is_in_progress(self->module, object))) {
        PyObject *kinds = PyLong_FromLong(found);
        if (kinds != NULL)
            reduced = PyObject_CallFunctionObjArgs(parts[WITH_PARTS], object, state, kinds, NULL);
        Py_XDECREF(kinds);
        goto done;
    }
    key = key_now(self);
    if (key == NULL)
        goto done;
    arguments = PyTuple_Pack(2, key, state);
    Py_DECREF(key);
    if (arguments == NULL)
        goto done;
    if (!found)
        reduced = PyTuple_Pack(2, parts[REBUILD], arguments);
    else {
        PyObject *progress = mark(self->module, object);
        if (progress != NULL)
            reduced = PyTuple_Pack(4, parts[REBUILD], arguments, Py_None, progress);
        Py_XDECREF(progress);
    }
    Py_DECREF(arguments);
done:
    Py_DECREF(state);
    return reduced;
}

static PyObject *reducer_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *given[KEY], *key;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "OOOOOOO:Reducer", &given[ADAPTER], &given[SERIALIZE],
                          &given[REBUILD], &given[WITH_PARTS], &given[FAILED],
                          &given[REGISTRY_OF], &key))
        return NULL;
    Holder *self = holder_new(type);
    if (self == NULL)
        return NULL;
    for (int part = ADAPTER; part <= REGISTRY_OF; part++)
        hold(self, part, given[part]);
    self->flag = key == Py_None ? BY_VALUE : 0;
    if (owner_of(given[SERIALIZE], self->module->struct_type) != NULL)
        self->flag |= NUMBERS;
    if (key != Py_None)
        hold(self, KEY, key);
    return (PyObject *)self;
}

static PyMethodDef reducer_methods[] = {
    {"reduce", reducer_reduce, METH_O, "What picklers get for an object."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot reducer_slots[] = {
    {Py_tp_doc, "What picklers call for the objects of an adapter."},
    {Py_tp_new, (void *)reducer_new},
    {Py_tp_dealloc, (void *)holder_dealloc},
    {Py_tp_traverse, (void *)holder_traverse},
    {Py_tp_clear, (void *)holder_clear},
    {Py_tp_methods, reducer_methods},
    {0, NULL},
};
static PyType_Spec reducer_spec = {"adapters._accelerator.Reducer", sizeof(Holder), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, reducer_slots};

/* ----------------------------------------------------------------------------- CTypeReducer */

enum { TYPEOF, ADAPTERS, OTHERWISE };

static PyObject *ctype_reduce(PyObject *held, PyObject *object)
{
    Holder *self = (Holder *)held;
    PyObject *ctype, *adapter, *reduce, *reduced;

    if (self->parts[TYPEOF] == NULL)
        return torn_down();
    ctype = call(self->parts[TYPEOF], object);
    if (ctype == NULL)
        return NULL;
    adapter = PyDict_GetItemWithError(self->parts[ADAPTERS], ctype);
    Py_XINCREF(adapter);
    Py_DECREF(ctype);
    if (adapter == NULL)
        return PyErr_Occurred() ? NULL : call(self->parts[OTHERWISE], object);
    reduce = PyObject_GetAttr(adapter, self->module->reduce);
    Py_DECREF(adapter);
    if (reduce == NULL)
        return NULL;
    Holder *reducer = owner_of(reduce, self->module->reducer_type);
    reduced = reducer != NULL ? reducer_reduce((PyObject *)reducer, object)
                              : call(self->parts[OTHERWISE], object);
    Py_DECREF(reduce);
    return reduced;
}

static PyObject *ctype_reducer_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *typeof_, *adapters, *otherwise;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "OO!O:CTypeReducer", &typeof_, &PyDict_Type, &adapters, &otherwise))
        return NULL;
    Holder *self = holder_new(type);
    if (self == NULL)
        return NULL;
    hold(self, TYPEOF, typeof_);
    hold(self, ADAPTERS, adapters);
    hold(self, OTHERWISE, otherwise);
    return (PyObject *)self;
}

static PyMethodDef ctype_reducer_methods[] = {
    {"reduce", ctype_reduce, METH_O, "What picklers get for an object."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot ctype_reducer_slots[] = {
    {Py_tp_doc, "What picklers call for the objects of cffi."},
    {Py_tp_new, (void *)ctype_reducer_new},
    {Py_tp_dealloc, (void *)holder_dealloc},
    {Py_tp_traverse, (void *)holder_traverse},
    {Py_tp_clear, (void *)holder_clear},
    {Py_tp_methods, ctype_reducer_methods},
    {0, NULL},
};
static PyType_Spec ctype_reducer_spec = {"adapters._accelerator.CTypeReducer", sizeof(Holder), 0,
                                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                         ctype_reducer_slots};

/* ----------------------------------------------------------------------------------- Struct */

enum { FIELDS, NEW, POINTER, GENERAL };

/* The fields of a struct as a dict. `fields` has a pair for each: its name, and the fields of the
   struct that it is, or None. */
static PyObject *read_fields(PyObject *object, PyObject *fields)
{
    PyObject *state = PyDict_New();
    Py_ssize_t size = PyTuple_Size(fields);

    for (Py_ssize_t each = 0; state != NULL && each < size; each++) {
        PyObject *field = PyTuple_GetItem(fields, each), *name = PyTuple_GetItem(field, 0);
        PyObject *inside = PyTuple_GetItem(field, 1);
        PyObject *value = PyObject_GetAttr(object, name);
        if (value != NULL && inside != Py_None) {
            PyObject *part = value;
            value = read_fields(part, inside);
            Py_DECREF(part);
        }
        if (value == NULL || PyDict_SetItem(state, name, value) < 0)
            Py_CLEAR(state);
        Py_XDECREF(value);
    }
    return state;
}

/* 1 if a state has as many items as there are fields, and so have those inside; 0 if not, -1 with
   an error. Then cffi refuses what has other names, and there is none that it would take for 0. */
static int is_complete(PyObject *state, PyObject *fields)
{
    Py_ssize_t size = PyTuple_Size(fields);

    if (!PyDict_CheckExact(state) || PyDict_Size(state) != size)
        return 0;
    for (Py_ssize_t each = 0; each < size; each++) {
        PyObject *field = PyTuple_GetItem(fields, each);
        PyObject *inside = PyTuple_GetItem(field, 1);
        if (inside == Py_None)
            continue;
        PyObject *value = PyDict_GetItemWithError(state, PyTuple_GetItem(field, 0));
        if (value == NULL)
            return PyErr_Occurred() ? -1 : 0;
        Py_INCREF(value);
        int complete = is_complete(value, inside);
        Py_DECREF(value);
        if (complete <= 0)
            return complete;
    }
    return 1;
}

static PyObject *struct_serialize(PyObject *held, PyObject *object)
{
    Holder *self = (Holder *)held;

    if (self->parts[FIELDS] == NULL)
        return torn_down();
    if (self->flag) { /* a pointer */
        int there = PyObject_IsTrue(object);
        if (there < 0)
            return NULL;
        if (!there) {
            Py_INCREF(Py_None);
            return Py_None;
        }
    }
    return read_fields(object, self->parts[FIELDS]);
}

static PyObject *struct_make(PyObject *held, PyObject *state)
{
    Holder *self = (Holder *)held;
    PyObject *made = NULL;

    if (self->parts[FIELDS] == NULL)
        return torn_down();
    int complete = is_complete(state, self->parts[FIELDS]);
    if (complete < 0)
        return NULL;
    if (complete)
        made = PyObject_CallFunctionObjArgs(self->parts[NEW], self->parts[POINTER], state, NULL);
    if (made == NULL) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_Exception))
            return NULL;
        PyErr_Clear(); /* the general one says it better */
        return call(self->parts[GENERAL], state);
    }
    if (!self->flag) {
        PyObject *pointer = made, *zero = PyLong_FromLong(0);
        made = zero == NULL ? NULL : PyObject_GetItem(pointer, zero);
        Py_XDECREF(zero);
        Py_DECREF(pointer);
    }
    return made;
}

static PyObject *struct_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *fields, *new, *pointer, *general;
    int is_pointer;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "O!OOpO:Struct", &PyTuple_Type, &fields, &new, &pointer,
                          &is_pointer, &general))
        return NULL;
    Holder *self = holder_new(type);
    if (self == NULL)
        return NULL;
    hold(self, FIELDS, fields);
    hold(self, NEW, new);
    hold(self, POINTER, pointer);
    hold(self, GENERAL, general);
    self->flag = (char)is_pointer;
    return (PyObject *)self;
}

static PyMethodDef struct_methods[] = {
    {"serialize", struct_serialize, METH_O, "The fields of a struct, None for NULL."},
    {"make", struct_make, METH_O, "A new struct, or a pointer to one."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot struct_slots[] = {
    {Py_tp_doc, "The serializer and the factory of a struct of numbers and of such structs."},
    {Py_tp_new, (void *)struct_new},
    {Py_tp_dealloc, (void *)holder_dealloc},
    {Py_tp_traverse, (void *)holder_traverse},
    {Py_tp_clear, (void *)holder_clear},
    {Py_tp_methods, struct_methods},
    {0, NULL},
};
static PyType_Spec struct_spec = {"adapters._accelerator.Struct", sizeof(Holder), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, struct_slots};

/* --------------------------------------------------------------------------------- Override */

enum { LEFT, MORE, ASK };

/* 1 if a dict has a type, 0 if not, -1 with an error. */
static int has(PyObject *types, PyObject *object)
{
    return PyDict_GetItemWithError(types, (PyObject *)Py_TYPE(object)) ? 1
                                                                       : -(PyErr_Occurred() != NULL);
}

static PyObject *override_reduce(PyObject *held, PyObject *object)
{
    Holder *self = (Holder *)held;

    if (self->parts[LEFT] == NULL)
        return torn_down();
    self->flag = 1;
    for (int types = LEFT; types <= MORE; types++) {
        int found = has(self->parts[types], object);
        if (found < 0)
            return NULL;
        if (found) {
            Py_INCREF(Py_NotImplemented);
            return Py_NotImplemented;
        }
    }
    return call(self->parts[ASK], object);
}

static PyObject *override_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *left, *more, *ask;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "O!O!O:Override", &PyDict_Type, &left, &PyDict_Type, &more, &ask))
        return NULL;
    Holder *self = holder_new(type);
    if (self == NULL)
        return NULL;
    hold(self, LEFT, left);
    hold(self, MORE, more);
    hold(self, ASK, ask);
    return (PyObject *)self;
}

static PyMethodDef override_methods[] = {
    {"reduce", override_reduce, METH_O, "The reduction of an object, or NotImplemented."},
    {NULL, NULL, 0, NULL},
};
static PyMemberDef override_members[] = {
    {"was_called", T_BOOL, offsetof(Holder, flag), READONLY, "Whether a pickler has called it."},
    {NULL, 0, 0, 0, NULL},
};
static PyType_Slot override_slots[] = {
    {Py_tp_doc, "The reducer_override of a pickler."},
    {Py_tp_new, (void *)override_new},
    {Py_tp_dealloc, (void *)holder_dealloc},
    {Py_tp_traverse, (void *)holder_traverse},
    {Py_tp_clear, (void *)holder_clear},
    {Py_tp_methods, override_methods},
    {Py_tp_members, override_members},
    {0, NULL},
};
static PyType_Spec override_spec = {"adapters._accelerator.Override", sizeof(Holder), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, override_slots};

/* ---------------------------------------------------------------------------------- rebuild */

/* A type, since pickle names types and functions in Python faster than functions in C. It has no
   objects of its own: what it makes are those of the adapters. */
static PyObject *rebuild_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    State *module = PyType_GetModuleState(type);
    PyObject *state, *known, *adapter, *factory, *made;

    if (module == NULL)
        return NULL;
    if (module->resolved == NULL)
        return torn_down();
    if (kwargs != NULL || PyTuple_Size(args) != 2)
        return PyObject_Call(module->rebuild, args, kwargs);
    state = PyTuple_GetItem(args, 1);
    known = PyDict_GetItemWithError(module->resolved, PyTuple_GetItem(args, 0));
    if (known == NULL || (PyObject *)Py_TYPE(state) == module->out_of_band ||
        (factory = PyTuple_GetItem(known, 2)) == Py_None) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError))
            return NULL;
        PyErr_Clear(); /* a key that cannot be hashed */
        return PyObject_Call(module->rebuild, args, NULL);
    }
    adapter = PyTuple_GetItem(known, 0);
    Py_INCREF(adapter);
    Py_INCREF(factory);
    made = call(factory, state);
    Py_DECREF(factory);
    if (made == NULL) {
        PyObject *error = caught();
        if (error != NULL)
            made = PyObject_CallFunctionObjArgs(module->failed, adapter, error, NULL);
        Py_XDECREF(error);
    } else if (made == Py_None) {
        Py_DECREF(made);
        made = PyObject_CallMethodObjArgs(adapter, module->made, Py_None, NULL);
    }
    Py_DECREF(adapter);
    return made;
}

static PyType_Slot rebuild_slots[] = {
    {Py_tp_doc, "rebuild(key, state, *more)\n--\n\n"}, /* its text is that of the Python */
    {Py_tp_new, (void *)rebuild_new},
    {0, NULL},
};
static PyType_Spec rebuild_spec = {"adapters.rebuild", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT,
                                   rebuild_slots};

/* ------------------------------------------------------------------------------- the module */

static PyObject *module_inspect(PyObject *self, PyObject *state)
{
    int found = inspect(PyModule_GetState(self), state);
    return found < 0 ? NULL : PyLong_FromLong(found);
}

static PyObject *module_is_in_progress(PyObject *self, PyObject *object)
{
    return PyBool_FromLong(is_in_progress(PyModule_GetState(self), object));
}

static PyObject *module_set_up_inspect(PyObject *self, PyObject *args)
{
    State *module = PyModule_GetState(self);
    PyObject *inspect, *buffers;
    Py_ssize_t large;

    if (!PyArg_ParseTuple(args, "OO!n:set_up_inspect", &inspect, &PyTuple_Type, &buffers, &large))
        return NULL;
    if (PyTuple_Size(buffers) > MOST_BUFFERS) {
        PyErr_SetString(PyExc_ValueError, "set_up_inspect takes 4 types of buffers at most");
        return NULL;
    }
    for (Py_ssize_t each = 0; each < PyTuple_Size(buffers); each++)
        put_new(&module->buffers[each], PyTuple_GetItem(buffers, each));
    put_new(&module->inspect, inspect);
    module->large = large;
    Py_INCREF(Py_None);
    return Py_None;
}

static PyObject *module_set_up_rebuild(PyObject *self, PyObject *args)
{
    State *module = PyModule_GetState(self);
    PyObject *rebuild, *failed, *resolved, *out_of_band;

    if (!PyArg_ParseTuple(args, "OOO!O:set_up_rebuild", &rebuild, &failed, &PyDict_Type, &resolved,
                          &out_of_band))
        return NULL;
    put_new(&module->rebuild, rebuild);
    put_new(&module->failed, failed);
    put_new(&module->resolved, resolved);
    put_new(&module->out_of_band, out_of_band);
    return PyType_FromModuleAndSpec(self, &rebuild_spec, NULL);
}

static PyMethodDef module_methods[] = {
    {"inspect", module_inspect, METH_O, "What is in a state besides plain data."},
    {"is_in_progress", module_is_in_progress, METH_O,
     "Whether the state of an object is being pickled in this thread."},
    {"set_up_inspect", module_set_up_inspect, METH_VARARGS,
     "Give it the function in Python, the types of buffers, and from which size on bytes are one."},
    {"set_up_rebuild", module_set_up_rebuild, METH_VARARGS,
     "Make it, from the function in Python, what raises an error of a factory, the adapters by key,"
     " and the type of states that are copied."},
    {NULL, NULL, 0, NULL},
};

static int add_type(PyObject *self, PyTypeObject **place, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(self, spec, NULL);
    *place = (PyTypeObject *)type;
    return type == NULL ? -1 : PyModule_AddType(self, (PyTypeObject *)type);
}

static int module_exec(PyObject *self)
{
    State *module = PyModule_GetState(self);
    struct {
        PyObject **place;
        const char *text;
    } texts[] = {
        {&module->cffi, "_cffi_backend"},
        {&module->cloudpickle, "cloudpickle"},
        {&module->key, "key"},
        {&module->reduce, "reduce"},
        {&module->made, "made"},
    };

    for (size_t each = 0; each < sizeof texts / sizeof *texts; each++)
        if ((*texts[each].place = PyUnicode_InternFromString(texts[each].text)) == NULL)
            return -1;
    module->large = PY_SSIZE_T_MAX;
    put_new(&module->modules, PyImport_GetModuleDict());
    if (add_type(self, &module->progress_type, &progress_spec) < 0 ||
        add_type(self, &module->reducer_type, &reducer_spec) < 0 ||
        add_type(self, &module->ctype_reducer_type, &ctype_reducer_spec) < 0 ||
        add_type(self, &module->override_type, &override_spec) < 0 ||
        add_type(self, &module->struct_type, &struct_spec) < 0)
        return -1;
    return 0;
}

static int module_traverse(PyObject *self, visitproc visit, void *arg)
{
    State *module = PyModule_GetState(self);
    Py_VISIT(module->modules);
    Py_VISIT(module->progress_type);
    Py_VISIT(module->reducer_type);
    Py_VISIT(module->ctype_reducer_type);
    Py_VISIT(module->override_type);
    Py_VISIT(module->struct_type);
    Py_VISIT(module->inspect);
    Py_VISIT(module->rebuild);
    Py_VISIT(module->failed);
    Py_VISIT(module->resolved);
    Py_VISIT(module->out_of_band);
    Py_VISIT(module->cffi_buffer);
    for (int each = 0; each < MOST_BUFFERS; each++)
        Py_VISIT(module->buffers[each]);
    return 0;
}

static int module_clear(PyObject *self)
{
    State *module = PyModule_GetState(self);
    Py_CLEAR(module->modules);
    Py_CLEAR(module->progress_type);
    Py_CLEAR(module->reducer_type);
    Py_CLEAR(module->ctype_reducer_type);
    Py_CLEAR(module->override_type);
    Py_CLEAR(module->struct_type);
    Py_CLEAR(module->inspect);
    Py_CLEAR(module->rebuild);
    Py_CLEAR(module->failed);
    Py_CLEAR(module->resolved);
    Py_CLEAR(module->out_of_band);
    Py_CLEAR(module->cffi_buffer);
    for (int each = 0; each < MOST_BUFFERS; each++)
        Py_CLEAR(module->buffers[each]);
    return 0;
}

static void module_free(void *self)
{
    State *module = PyModule_GetState(self);
    module_clear(self);
    Py_CLEAR(module->cffi);
    Py_CLEAR(module->cloudpickle);
    Py_CLEAR(module->key);
    Py_CLEAR(module->reduce);
    Py_CLEAR(module->made);
}

/* What it has is in the state of the module, so that each interpreter of a process, with a lock of
   its own, gets another one. Python 3.12 learnt to be told so; older ones refuse the slot. */
enum { MULTIPLE_INTERPRETERS = 3 }; /* Py_mod_multiple_interpreters */
#define OWN_LOCKS ((void *)2)       /* Py_MOD_PER_INTERPRETER_GIL_SUPPORTED */

static PyModuleDef_Slot old_slots[] = {{Py_mod_exec, (void *)module_exec}, {0, NULL}};
static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, (void *)module_exec}, {MULTIPLE_INTERPRETERS, OWN_LOCKS}, {0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "adapters._accelerator", "The hot paths of adapters.", sizeof(State),
    module_methods, module_slots, module_traverse, module_clear, module_free};

PyMODINIT_FUNC PyInit__accelerator(void)
{
    int minor = 0;

    if (sscanf(Py_GetVersion(), "3.%d", &minor) == 1 && minor < 12)
        definition.m_slots = old_slots;
    return PyModuleDef_Init(&definition);
}
