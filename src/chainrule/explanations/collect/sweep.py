"""Sizes, gains and shares of every link, by one walk back and one forward, for any bridge.

Gain is what a link does to the size of the signal. Share is where the gradient came from. Sizes do not
add over paths, so the share is additive by construction: with g the gradient at the sources, push
u = g / |g|² forward from them, which gives every value a tangent t, and let an edge that passes the
message m back have the share <m, t>. What enters a joint is then what leaves it, everything adds up to
<g, u> = 1, and an edge's share is the sum over all paths through it, though no path is listed.

Prior art on paths through gradients: Du et al. 2023, "Generalizing backpropagation for gradient-based
interpretability" (arXiv 2307.03056), which takes the best path, and the entropy of paths, by running the
backward walk over other semirings. Counts of paths are exact, by dynamic programming.
"""

import math

from chainrule.explanations.collect.record import Link

_KEPT = 16 * 2**20  # bytes of gradients that stay with an explanation of several inputs


class Flow:
    """What the sweep found.

    Attributes:
        joints: every joint on the way, the value first; `sources` among them.
        links: every Link, in the order of the backward walk.
        path_count: how many paths lead from the value to the sources, exact.
        gradients: source -> its gradient (the framework's array); empty where that would be large, once lightened.
        shared: whether shares were computed, and `why_not`.
    """

    def __init__(self, bridge):
        self.bridge, self.joints, self.sources = bridge, bridge.joints, bridge.sources
        self.links, self.gradients, self.why_not = [], {}, ""
        self._last_reader = {}  # parent -> the joint nearest to the value that uses it, the last to read its tangent
        for joint in self.joints:
            for edge in joint.edges:
                self._last_reader.setdefault(edge.parent, joint)
        self._onward()
        self.path_count = self._count()
        self.crossed = self._crossed()
        self._kept = self._to_keep()
        self._messages, self._by_edge = {}, {}
        bridge.backward(self._visit)
        self.shared = self._shares()
        self.gradients = bridge.finish(self.gradients)
        self._number()

    def lighten(self):
        """Let go of the gradients of several inputs where they are large; their summaries stay."""
        if len(self.sources) > 1 and sum(map(self.bridge.size_of, self.sources)) > _KEPT:
            self.gradients = {}

    def _onward(self):
        """Which edges lead to a source; the others carry a gradient that nobody asked about."""
        reaching, self.onward = set(self.sources), {}
        for joint in reversed(self.joints):
            own = [k for k, edge in enumerate(joint.edges) if edge.parent in reaching]
            self.onward[joint] = own
            if own:
                reaching.add(joint)
        self.joints = [joint for joint in self.joints if joint in reaching]

    def _count(self):
        counts, total = {self.joints[0]: 1}, 0
        for joint in self.joints:
            here = counts.pop(joint, 0)
            if joint in self.sources:
                total += here
            for k in self.onward[joint]:
                parent = joint.edges[k].parent
                counts[parent] = counts.get(parent, 0) + here
        return total

    def _crossed(self):
        """Joints with another way around them: an edge that leaps over them in the order of the walk.

        Every joint here lies on some path, so one that no edge leaps over lies on all of them (where there
        is one source).
        """
        ends = set(self.sources)
        place = {joint: i for i, joint in enumerate(self.joints)}
        crossed, furthest = set(), -1
        last = len(self.joints)
        for i, joint in enumerate(self.joints):
            if furthest > i:
                crossed.add(joint)
            for k in self.onward[joint]:
                furthest = max(furthest, place[joint.edges[k].parent])
            if joint in ends and i + 1 < last:
                furthest = last  # paths end here: what follows is on other paths only
        return crossed

    def _single(self, joint, k):
        """Whether every path takes this edge: its share is then 1."""
        edge = joint.edges[k]
        return joint not in self.crossed and edge.parent not in self.crossed and len(self.onward[joint]) == 1

    def _to_keep(self):
        """The edges whose messages the shares need, as far as there is room for them.

        Along a run without a fork or a merge the share stays the same, so one message a run is enough;
        `_runs` says whose share the other edges have.
        """
        entering, self._runs = {}, {}
        for joint in self.joints:
            for k in self.onward[joint]:
                entering.setdefault(joint.edges[k].parent, []).append((joint, k))
        wanted, ends = [], set(self.sources)
        for joint in self.joints:
            above = entering.get(joint, ())
            only = len(above) == 1 and len(self.onward[joint]) == 1 and joint not in ends
            for k in self.onward[joint]:
                if only and not self._single(*above[0]):
                    self._runs[joint, k] = self._runs.get(above[0], above[0])
                elif not self._single(joint, k):
                    wanted.append((joint, k))
        size = sum(self.bridge.bytes_of(joint.edges[k]) for joint, k in wanted)
        if size > self.bridge.kept_bytes:
            self.why_not = (
                f"shares would keep {size / 2**20:,.0f} MB of gradients, more than {self.bridge.kept_bytes >> 20} MB"
            )
            return set()
        return set(wanted)

    def _visit(self, joint, cotangents, messages):
        if self.onward[joint] or joint in self.sources:
            arriving = joint.arriving = self.bridge.arriving(cotangents)
            if joint in self.sources:
                self.gradients[joint] = cotangents[self.bridge.slot_of(joint)]
            for k in self.onward[joint]:
                self._link(joint, k, cotangents, arriving, messages[k])

    def _link(self, joint, k, cotangents, arriving, message):
        edge, bridge = joint.edges[k], self.bridge
        parent = edge.parent
        passed = bridge.nothing(edge) if message is None else bridge.summary(message)
        link = Link(
            len(self.links), joint.op, joint.label, parent.label, joint.expression, joint.where, joint.scope,
            joint.shape, parent.outputs[edge.slot][0], joint, edge.argument, parent,
            bridge.rule(joint, edge, cotangents[0], message), joint.value, arriving, passed,
        )  # fmt: skip
        link.local = bridge.local(joint, edge, link)
        joint.notes.setdefault("local", link.local)
        self.links.append(link)
        self._by_edge[joint, k] = link
        if (joint, k) in self._kept and message is not None:
            self._messages[joint, k] = message, link
        elif message is not None and not self.why_not and self._single(joint, k):
            link.share = 1.0

    def _shares(self):
        """Push the unit gradient forward from the sources, and give every kept message its share."""
        if self.why_not:
            return False
        bridge = self.bridge
        norm = bridge.length(list(self.gradients.values()))
        if isinstance(norm, float) and not 0 < norm < math.inf:
            for link in self.links:
                link.share = None
            zero = "the gradient is zero, so no part of it came from anywhere"
            self.why_not = zero if norm == 0 else "the gradient is not finite, so it has no parts"
            return False
        if not self._messages:
            return True
        if bridge.weigh(list(self._messages.values()), self.gradients, norm):
            return True
        tangents = {}
        for joint, g in self.gradients.items():
            tangents.setdefault(joint, {})[bridge.slot_of(joint)] = bridge.divided(g, norm)
        for joint in reversed(self.joints):
            own = [tangents[edge.parent].get(edge.slot) if edge.parent in tangents else None for edge in joint.edges]
            for k in self.onward[joint]:
                kept, t = self._messages.pop((joint, k), None), own[k]
                if kept is not None and t is not None:
                    kept[1].share = bridge.quotient(bridge.dot(kept[0], t), norm)
            if self._needs(joint) and any(t is not None for t in own):
                self._pushed(joint, own, tangents)
            self._forget(joint, tangents)
        return True

    def _pushed(self, joint, own, tangents):
        outputs = self.bridge.push(joint, own)
        if outputs is None:
            self.why_not = f"nothing is known about {joint.op} forward, so shares are known only below it"
            return
        mine = tangents.setdefault(joint, {})
        for slot, t in enumerate(outputs):
            if t is not None:
                mine[slot] = t if slot not in mine else self.bridge.add(mine[slot], t)

    def _needs(self, joint):
        """Whether anything above still waits for a tangent."""
        return bool(self._messages) and not joint.leaf

    def _forget(self, joint, tangents):
        """Drop the tangents that no joint above reads any more."""
        for edge in joint.edges:
            if edge.parent is not None and self._last_reader.get(edge.parent) is joint:
                tangents.pop(edge.parent, None)

    def _number(self):
        for link in self.links:
            link.share = None if link.share is None else self.bridge.number(link.share)
        for edge, head in self._runs.items():
            self._by_edge[edge].share = self._by_edge[head].share
