"""Equal steps of a program as loops: a Python loop of a thousand trips is written down step by step, and is one
`scan` again.

Reading order: `roll`, `columns` (a program as numbers), `periods` (where it repeats), `trips` (what a step reads),
`reading` (what later rows read of the steps), `writing` (the loop in their place), `edits`.
"""
