"""monazite: market equilibrium and trading club for critical minerals."""
