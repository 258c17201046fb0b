"""Chains without the effect that is looked for, or with a known one."""
