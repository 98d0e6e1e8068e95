"""Random programs of views, in-place operations, detach() and no_grad: the same values and gradients as PyTorch.

Where PyTorch raises (a saved value was changed), this raises or, where other entries were changed, has an answer.
Where PyTorch does not raise, this does not.
"""

import contextlib
import random
import warnings

import pytest

import chainrule.torch as ours

KINDS = ("view", "in place", "assign", "read", "no_grad", "detach", "data")


def program(seed):
    """A list of steps: a kind, a number that chooses within it, and one that chooses a tensor."""
    numbers = random.Random(seed)
    return [(numbers.choice(KINDS), numbers.random(), numbers.randint(0, 10**6)) for _ in range(numbers.randint(3, 9))]


def run(torch, steps):
    w = torch.arange(1.0, 7.0).reshape(2, 3).requires_grad_()
    u = torch.tensor(2.0, requires_grad=True)
    x, z, total = w * 1.5, torch.zeros(2, 3), u * 0
    pool = [x, z]
    for kind, share, place in steps:
        t = pool[place % len(pool)]
        if kind == "view" and t.dim():
            views = (
                lambda t: t[0], lambda t: t[-1], lambda t: t[..., 1:], lambda t: t.transpose(0, -1),
                lambda t: t.reshape(-1), lambda t: t[None], lambda t: t[..., ::2], lambda t: t.unsqueeze(-1).squeeze(),
            )  # fmt: skip
            made = views[int(share * len(views))](t)
            if made.numel():
                pool.append(made)
        elif kind == "in place":
            changes = (
                lambda t: t.mul_(2), lambda t: t.add_(u), lambda t: t.sub_(t), lambda t: t.sigmoid_(),
                lambda t: t.add_(1.5), lambda t: t.clamp_(min=0.3),
            )  # fmt: skip
            changes[int(share * len(changes))](t)
        elif kind == "assign" and t.dim():
            if share < 0.25:
                t[0] = u
            elif share < 0.5:
                t[..., -1] = 3.0
            elif share < 0.75:
                t[t > 2] = 1.0
            else:
                t[..., :1] = t[..., -1:].clone() * u
        elif kind == "read":
            total = total + (t * (1 + share)).sum()
        elif kind == "no_grad":
            with torch.no_grad():
                t.mul_(1.5)
        elif kind == "detach":
            detached = t.detach()
            pool.append(detached) if share < 0.5 else detached.add_(1)
        elif kind == "data":
            w.data.mul_(1.1) if share < 0.5 else w.data[0].add_(1)
    total = total + x.sum() * 2 + z.sum() * 3
    total.backward()
    gradients = [leaf.grad.tolist() if leaf.grad is not None else 0.0 for leaf in (w, u)]
    return [total.item(), *gradients, w.tolist(), *(each.tolist() for each in pool)]


def flat(nested):
    return [one for item in nested for one in flat(item)] if isinstance(nested, list) else [nested]


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_programs(start):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here")
    for seed in range(start, start + 50):
        steps = program(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = run(torch, steps)
            except RuntimeError as error:
                assert "modified by an inplace operation" in str(error) or "is being used in an in-place" in str(error)
                with contextlib.suppress(RuntimeError):  # or the gradient of what was saved, entry by entry
                    run(ours, steps)
                continue
            mine = run(ours, steps)
        assert flat(mine) == pytest.approx(flat(theirs), rel=1e-4, abs=1e-5, nan_ok=True), (seed, steps)
