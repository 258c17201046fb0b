"""What a model is asked."""

# What the model is asked; the wording decides how long the chains are and how often they are right.
REQUEST = "Solve this step by step, and give the final answer at the end.\n\n{question}"
