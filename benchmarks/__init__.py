"""Benchmarks: each module has `run(size) -> dict` with figures; `aldia bench NAME` runs one."""
