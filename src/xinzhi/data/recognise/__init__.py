"""Assigning records to the classes of a taxonomy, by their codes, by words, and by what labelled examples teach."""
