"""Cards, option tables and data tables: how input files are read and checked."""
