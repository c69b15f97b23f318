"""From old drivers to new: where growth came from, how far the conversion is, and which industries carried it."""
