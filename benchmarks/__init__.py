"""Speed and memory against the plain ways, as ratios within one run: `python -m benchmarks [NAME ...]`."""
