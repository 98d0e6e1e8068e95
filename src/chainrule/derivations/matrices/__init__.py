"""Derivatives of vectors and matrices in closed form: shapes at every link, transposes that are forced, a check.

Reading order: `walk` (each room's own rule, run on expressions of arrays), `terms` and `tidying` with its parts
`entries` and `products` (what a textbook line shows; no derivatives), `assembling`, `jacobians`, `hops` (the
chain link by link), `checking` (random matrices), `derivation` with `remarks` and `outlines` in the words of
`wording`. What is given: `sources`; texts through `reading`, `elaborating` with `heads`, and `deducing` on
`unifying`; NumPy functions through `programs`.
"""
