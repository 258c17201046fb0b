"""People with names and attributes: biographies, questions about them, bare records, and how many bits they hold."""
