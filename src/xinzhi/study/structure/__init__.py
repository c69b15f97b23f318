"""What regions are made of, as a study asks for it: spaces of activities, and how they grow into one another."""
