"""The type of a compiled function: its calls go to machine code.

It has a vectorcall slot (PEP 590), made here with CPython's own C API.
"""

import ctypes


class _Slot(ctypes.Structure):
    _fields_ = (("slot", ctypes.c_int), ("function", ctypes.c_void_p))


class _Member(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _Specification(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("size", ctypes.c_int),
        ("item", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.c_void_p),
    )


_KEPT = []  # what CPython keeps addresses of


def fast_type(base):
    """A subtype of a class with `__call__`, whose calls go to an address where one is set (see `enter_at`).

    Without an address, `__call__` serves. The base must have its attributes in `__slots__`.
    """
    offset = base.__basicsize__
    members = (_Member * 2)(_Member(b"__vectorcalloffset__", 19, offset, 1, None))  # T_PYSSIZET, READONLY
    slots = (_Slot * 2)(_Slot(72, ctypes.cast(members, ctypes.c_void_p)))  # Py_tp_members
    flags = 1 << 11 | 1 << 18  # HAVE_VECTORCALL, DEFAULT
    name = f"{base.__module__}.{base.__name__}".encode()
    specification = _Specification(name, offset + 8, 0, flags, ctypes.cast(slots, ctypes.c_void_p))
    _KEPT.append((members, slots, name, specification))
    make = ctypes.pythonapi.PyType_FromSpecWithBases
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object]
    return make(ctypes.addressof(specification), (base,))


def enter_at(compiled, address):
    """Let calls of an instance of a `fast_type` go to an address; None: to its `__call__` again."""
    ctypes.c_void_p.from_address(id(compiled) + type(compiled).__basicsize__ - 8).value = address
