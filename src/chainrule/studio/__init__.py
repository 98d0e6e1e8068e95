"""A local web page on which a derivative, a graph and a backward pass move.

Reading order: `server` (which address answers what) behind `guard` (who may ask); `pool`, the processes that work
out its `questions`, in the words of `exchange`; `recent` answers. Then what each view asks for:
`lesson`; `deriving`, of a typed function; `replay`, a graph and its two walks step by step, placed by `layout`, of
one of the `programs` or of the user's `snippet`, which `worker` runs; `practicing`; `training`, on `datasets`.
`reports` reads and follows a saved explanation. `saved` makes a view into a file, `notebook` into a widget. `page/` is
the page itself: ES modules and a style sheet as the browser loads them, with no build step; those of a report stand
in `explanations/render/interactive`, and what every page has in `pages`.

No mathematics stands here. Every number and formula on the page was computed by the rooms below.
"""
