"""The shortest training: a Markov chain, whose entropy is the floor of the loss."""

from lmphys.training.tiny.recipe import Shape, TinyRecipe

MARKOV = {
    "markov": TinyRecipe(
        title="a Markov chain of four words: the whole way in seconds, down to the exact entropy",
        world="markov",
        options={"n_words": 4, "length": 31},
        shape=Shape(layers=1, width=16, heads=2, position="absolute"),  # the end comes after a number of words
        context=33,
        steps=300,
        batch_size=32,
        learning_rate=1e-2,
        weight_decay=0.0,
        n_kept=1,
    )
}
