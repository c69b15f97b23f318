"""The industry ladder: future, strategic emerging, leading and pillar industries in turn, and those off it."""
