"""Records as a study asks for them: ``[[records]]``, checked, recognised, counted, and handed on by name."""
