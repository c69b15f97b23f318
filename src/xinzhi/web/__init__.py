"""The server: studies and runs on disk, shown as pages, tables and documents. State lives on disk only."""
