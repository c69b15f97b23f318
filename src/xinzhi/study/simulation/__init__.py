"""What would grow from here: a world begun from the study's own tables, and policies tried on it."""
