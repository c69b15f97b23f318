"""Paper-like documents of a run: PDF, Word and BibTeX, made from the document that its page was drawn from."""
