"""Machine code, made with llvmlite (this folder is its sole importer, and is imported on the first trace).

Reading order: `machine` (text of a module to addresses), `numbers` (one operation on one number, or on a vector
of them), `vector_math` (exp, log, sin ... on vectors), `loops` (operations on arrays, fused), `kernel` (a stretch
of a program as one function), `entry` (the function as Python calls it), `vectorcall` (the type whose calls go
there).
"""
