"""Growth curves and onsets the long way: one general optimiser, one series, one year at a time."""

import numpy as np
from scipy.optimize import minimize
from scipy.stats import nbinom, poisson


def likeliest_logistic(counts, dispersion):
    """The highest log-likelihood of a logistic curve behind the counts at a given dispersion, from many starts."""
    years = np.arange(len(counts) + 1)

    def cost(theta):
        mean = np.exp(theta[0]) * np.diff(1 / (1 + np.exp(-np.exp(theta[1]) * (years - theta[2])))) + 1e-10
        if not dispersion:
            return -poisson.logpmf(counts, mean).sum()
        return -nbinom.logpmf(counts, 1 / dispersion, 1 / (1 + dispersion * mean)).sum()

    best = np.inf
    for ceiling in (1.1, 2.0, 10.0):
        for rate in (0.2, 0.6):
            start = [np.log(ceiling * sum(counts)), np.log(rate), len(counts) * 0.7]
            best = min(best, minimize(cost, start, method="Nelder-Mead", options={"maxiter": 3000, "xatol": 1e-9}).fun)
    return -best


def bend_deviances(counts, edge=3):
    """Poisson deviance and bend of two joined log-linear lines for every year they may join in."""
    time = np.arange(len(counts))
    found = {}
    for year in range(edge - 1, len(counts) - edge):
        design = np.column_stack([np.ones(len(counts)), time, np.maximum(time - year, 0)])

        def cost(beta, design=design):
            line = design @ beta
            return (np.exp(line) - counts * line).sum()

        fitted = minimize(cost, [np.log(np.mean(counts)), 0.0, 0.0], method="BFGS")
        mean = np.exp(design @ fitted.x)
        logs = [count * np.log(count / at) if count else 0.0 for count, at in zip(counts, mean, strict=True)]
        found[year] = (2 * (sum(logs) - sum(counts) + sum(mean)), fitted.x[2])
    return found


def false_shares(chances):
    """Benjamini–Hochberg, each topic against all that are no less sure."""
    n = len(chances)
    return [
        min(1.0, min(n * other / sum(p <= other for p in chances) for other in chances if other >= own))
        for own in chances
    ]
