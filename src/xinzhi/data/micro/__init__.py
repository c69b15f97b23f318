"""Records of firms, patents, papers, deals, grants and projects: kept where they are, read, cleaned and counted."""
