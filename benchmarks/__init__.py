"""Speed and memory against the peers, as ratios measured in one run: `make bench`.

Each workload is a file: its cases, and one small adapter a peer. Reading order: `neuron` (a workload),
`peers` (how adapters are listed), `rounds` (how they are timed), `report`, `__main__`.
"""
