"""How it changes: inequality, convergence, mobility, drivers, and what space has to do with it."""
