"""exp and log by plain arithmetic.

The mathematical libraries of two machines differ in the last digit, and a compiled loop that calls one handles one
number at a time. Sums and products are the same everywhere and go eight at a time, so what is written with these gives
the same run on any machine, several times sooner. Both are right to 1 part in 10^13.

Loops that divide need ``error_model="numpy"``: with Python's own, each division asks whether it must raise, and the
loop goes one number at a time again.
"""

# Numbers in, numbers out; the types are those of the compiled functions.
# mypy: disable-error-code="no-untyped-def,untyped-decorator,import-untyped,call-arg,var-annotated"

from __future__ import annotations

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_LOG2 = 0.6931471805599453
_LOG2_HIGH, _LOG2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10  # the first times 1,000 is exact
_ROUNDER = 6755399441055744.0  # 1.5 · 2^52: adding it leaves the whole part of a small number in the last bits
_ROUNDER_BITS = 0x4338000000000000
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD


@intrinsic
def _bits(typing, number):
    """The 64 bits of a double."""
    return types.int64(types.float64), lambda _, builder, __, given: builder.bitcast(given[0], ir.IntType(64))


@intrinsic
def _number(typing, bits):
    """The double of 64 bits."""
    return types.float64(types.int64), lambda _, builder, __, given: builder.bitcast(given[0], ir.DoubleType())


@njit(cache=True, inline="always", error_model="numpy")
def log(x):
    """Natural logarithm of a positive normal double: x = 2^e m with m in [√½, √2), log m by its odd series."""
    bits = _bits(x)
    e = (bits - _ROOT_HALF_BITS) >> 52
    m = _number(bits - (e << 52))
    f = (m - 1.0) / (m + 1.0)
    q = f * f
    r = 1.0 / 15.0
    r = r * q + 1.0 / 13.0
    r = r * q + 1.0 / 11.0
    r = r * q + 1.0 / 9.0
    r = r * q + 1.0 / 7.0
    r = r * q + 1.0 / 5.0
    r = r * q + 1.0 / 3.0
    r = r * q + 1.0
    return (_number(e + _ROUNDER_BITS) - _ROUNDER) * _LOG2 + 2.0 * f * r


@njit(cache=True, inline="always")
def exp(x):
    """e to the power x for |x| < 700: 2^n e^r with |r| ≤ log(2)/2, e^r by its series to the twelfth power."""
    shifted = x * 1.4426950408889634 + _ROUNDER
    n = _bits(shifted)
    whole = shifted - _ROUNDER
    r = (x - whole * _LOG2_HIGH) - whole * _LOG2_LOW
    p = 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    return _number((n << 52) + _bits(p))
