"""Problems with known steps: how they are drawn, written out, and read back from a text."""
