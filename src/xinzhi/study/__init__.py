"""Read a study file, check it, run it, keep the record."""
