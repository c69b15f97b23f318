"""How much: composite indices of new quality productive forces."""
