"""What stress.py runs: who calls, what is called, and what has to hold of it."""

from __future__ import annotations
