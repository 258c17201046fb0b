"""Names of the places in a model whose states are kept."""

# The residual stream after a block, and what the last normalisation hands to the output head; see `lmphys.lm.hooks`.
SITES = ("resid_post", "final_norm")
