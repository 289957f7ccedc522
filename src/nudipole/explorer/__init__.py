"""The explorer: every curve of the atlas in one page for a browser, and the local server that recomputes edited cards."""
