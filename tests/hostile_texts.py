"""Texts made of nothing but the words of rules."""

from __future__ import annotations

import random

_WORDS = [
    "central", "bank", "ECB", "opposes", "rejects", "crypto", "bitcoin", "mining", "bans", "sanctions", "fined", "SEC",
    "sues", "Binance", "regulator", "government", "Russia", "minister", "Treasury", "imposes", "penalty", "laundering",
]  # fmt: skip


def hostile(seed: int, words: int) -> str:
    """So many words, always the same for a seed."""
    choice = random.Random(seed).choice
    return " ".join(choice(_WORDS) for _ in range(words))
