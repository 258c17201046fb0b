"""A key-value cache for chains that start and end at different times.

All rows share one time axis: the newest token of every row is in the same column, and a row's own tokens reach back
from there to the row's start. Nothing is copied when a token is added; a finished row is given to a new chain by
writing the keys and values of its prompt into the columns just before the present. To the model this is a batch
with padding on the left, which every causal model of `transformers` with an attention cache understands.
"""

from collections.abc import Sequence
from functools import partial

from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin


class _Axis:
    """The time axis that the layers share: columns `start` to `end` are in view."""

    def __init__(self, rows: int, capacity: int, reserve: int) -> None:
        self.rows = rows
        self.capacity = capacity
        self.reserve = reserve
        self.start = 0
        self.end = 0


class _TimelineLayer(CacheLayerMixin):
    """Keys and values of one layer, (rows, heads, capacity, head width), written in place."""

    is_compileable = False

    def __init__(self, axis: _Axis) -> None:
        super().__init__()
        self.axis = axis

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        rows, capacity = self.axis.rows, self.axis.capacity
        self.keys = key_states.new_zeros(rows, key_states.shape[1], capacity, key_states.shape[3])
        self.values = value_states.new_zeros(rows, value_states.shape[1], capacity, value_states.shape[3])
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        assert self.keys is not None and self.values is not None
        start, end = self.axis.end, self.axis.end + key_states.shape[2]
        self.keys[:, :, start:end] = key_states
        self.values[:, :, start:end] = value_states
        return self.keys[:, :, self.axis.start : end], self.values[:, :, self.axis.start : end]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.get_seq_length() + query_length, 0

    def get_seq_length(self) -> int:
        return self.axis.end - self.axis.start

    def get_max_length(self) -> int:
        return -1


class KVCache(Cache):
    """Cache of `rows` rows whose present is column `end`; see the module's text.

    Args:
        n_layers: number of layers of the model that keep keys and values. A model that keeps more for each token, such
            as the inputs of a convolution, writes it to layers beyond these, which are added when they are first used.
        rows: chains that run at once.
        capacity: columns held; more than the longest prompt plus the longest chain.
        reserve: columns always kept before the present, room for the longest prompt.
    """

    def __init__(self, n_layers: int, rows: int, capacity: int, reserve: int = 0) -> None:
        self.axis = _Axis(rows, capacity, reserve)
        self.axis.end = reserve
        self.axis.start = reserve
        super().__init__(layers=[_TimelineLayer(self.axis) for _ in range(n_layers)])
        self.layer_class_to_replicate = partial(_TimelineLayer, self.axis)

    @property
    def length(self) -> int:
        """Number of columns in view."""
        return self.axis.end - self.axis.start

    def advance(self, n: int = 1) -> None:
        """Make the `n` columns just written part of the past."""
        self.axis.end += n

    def admit(self, row: int, source: "KVCache", source_row: int, length: int) -> None:
        """Copy the last `length` columns of a row of another timeline to just before the present of `row`."""
        end, source_end = self.axis.end, source.axis.end
        self.layers.extend(_TimelineLayer(self.axis) for _ in source.layers[len(self.layers) :])
        for mine, theirs in zip(self.layers, source.layers, strict=True):
            if not theirs.is_initialized:  # a layer that borrows the keys of another
                continue
            assert theirs.keys is not None and theirs.values is not None
            if not mine.is_initialized:
                mine.lazy_initialization(theirs.keys, theirs.values)
            assert mine.keys is not None and mine.values is not None
            mine.keys[row, :, end - length : end] = theirs.keys[source_row, :, source_end - length : source_end]
            mine.values[row, :, end - length : end] = theirs.values[source_row, :, source_end - length : source_end]

    def show(self, oldest: int) -> None:
        """Show the model the last `oldest` columns, first shifting all to the left when the end is reached."""
        axis = self.axis
        if axis.end == axis.capacity:
            kept = max(oldest, axis.reserve)
            for layer in self.layers:
                if layer.is_initialized:
                    assert layer.keys is not None and layer.values is not None
                    layer.keys[:, :, :kept] = layer.keys[:, :, axis.end - kept : axis.end].clone()
                    layer.values[:, :, :kept] = layer.values[:, :, axis.end - kept : axis.end].clone()
            axis.end = kept
        axis.start = axis.end - oldest

    def drop(self, counts: Sequence[int]) -> None:
        """Forget the newest tokens of each row, as many as `counts` (rows,) says: what is left moves to the present."""
        end = self.axis.end
        for layer in self.layers:
            if not layer.is_initialized:
                continue
            assert layer.keys is not None and layer.values is not None
            for row, n in enumerate(counts):
                if n:
                    layer.keys[row, :, n:end] = layer.keys[row, :, : end - n].clone()
                    layer.values[row, :, n:end] = layer.values[row, :, : end - n].clone()

    def keep_rows(self, rows: Tensor) -> None:
        """Drop all rows but these, in this order."""
        for layer in self.layers:
            if layer.is_initialized:
                assert layer.keys is not None and layer.values is not None
                layer.keys, layer.values = layer.keys[rows], layer.values[rows]
        self.axis.rows = len(rows)
