"""What the package knows of the world: regions, units, and structures of an index, as data files."""
