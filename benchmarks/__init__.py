"""Benchmarks. They print ratios within one run: absolute figures say more about the machine than about the code."""
