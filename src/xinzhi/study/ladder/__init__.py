"""The industry ladder as a study asks for it: ``[[industries]]`` and ``[ladder]``."""
