# cython: language_level=3
"""Classes that own memory of C. Cython writes no `__reduce__` for a class with a `__cinit__`."""

from libc.stdlib cimport free, malloc


cdef class Table:
    """Table(name, values, key, step=1.0)

    Values at equal steps, with a unit.
    """

    cdef readonly str name
    cdef readonly bytes key
    cdef readonly double step
    cdef double *data
    cdef Py_ssize_t count
    cdef str kept_unit

    def __cinit__(self, str name not None, list values not None, bytes key not None,
                  double step=1.0):
        self.name = name
        self.key = key
        self.step = step
        self.kept_unit = "V"
        self.count = len(values)
        self.data = <double *>malloc(max(self.count, 1) * sizeof(double))
        if self.data == NULL:
            raise MemoryError
        for index in range(self.count):
            self.data[index] = values[index]

    def __dealloc__(self):
        free(self.data)

    @property
    def values(self):
        """The values, in a new list."""
        return [self.data[index] for index in range(self.count)]

    @property
    def unit(self):
        """The unit of the values, which is no argument of the constructor."""
        return self.kept_unit

    @unit.setter
    def unit(self, str unit not None):
        self.kept_unit = unit

    def sum(self):
        """The sum of all values."""
        cdef double total = 0
        for index in range(self.count):
            total += self.data[index]
        return total


# Only its errors tell which arguments it takes: it has no signature and no docstring.
cdef class Ruler:
    cdef readonly str name
    cdef readonly bytes serial
    cdef double *marks
    cdef Py_ssize_t count
    cdef public double zero

    def __cinit__(self, str name not None, list ticks not None, bytes serial=b""):
        self.name = name
        self.serial = serial
        self.count = len(ticks)
        self.marks = <double *>malloc(max(self.count, 1) * sizeof(double))
        if self.marks == NULL:
            raise MemoryError
        for index in range(self.count):
            self.marks[index] = ticks[index]

    def __dealloc__(self):
        free(self.marks)

    @property
    def ticks(self):
        return [self.marks[index] for index in range(self.count)]
