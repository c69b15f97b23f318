"""Sources, records and the catalogue: files in, panels out."""
