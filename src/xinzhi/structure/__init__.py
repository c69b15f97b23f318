"""What a region is made of: who does what, how rare it is, and what is near to what.

Everything here starts from ``Links``, one sparse matrix of region × activity a period. The kernels below take such a
matrix and know no labels.
"""
