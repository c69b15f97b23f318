"""Labels, methods, results and errors: what every other room speaks in."""
