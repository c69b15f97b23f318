"""A small study that asks everything: its choices vary, statistics are followed, claims are made."""

VARY = """
[vary]
draws = 48
seed = 3
normalise = ["min-max", "z-score", "rank"]
weigh = ["given", "equal"]
noise = { share = 0.25 }
"""
FOLLOW = """
[[follow]]
statistic = "gini"
[[follow]]
statistic = "beta"
"""
CLAIM = """
[[claim]]
says = { en = "East loses ground", zh = "东部位次下降" }
statistic = "rank"
region = "East"
holds = "rises"
[[claim]]
statistic = "gap"
groups = { coast = ["East", "West"], inland = ["North", "South"] }
of = "coast"
to = "inland"
holds = "above"
value = 0.1
year = 2021
"""
ASKED = VARY + FOLLOW + CLAIM
