"""How it changes: inequality, convergence, mobility, breaks, and what space has to do with it.

Everything here takes scores as labelled arrays, region × time, whoever made them, and returns a result that keeps its
record. Each door has a module of its own name or of its subject: ``from xinzhi.dynamics.decomposition import dagum``.
"""
