"""Benchmarks: `make bench` runs them and writes docs/explanation/performance.md. No test asserts a time."""
