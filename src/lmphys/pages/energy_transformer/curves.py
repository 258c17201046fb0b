"""How fast losses fall with tokens: fits of a power law, and of one above a floor."""

import numpy as np
import pandas as pd

FROM = 2**15  # characters, from which on a fit begins
FLOORS = np.linspace(0.0, 0.999, 400)  # tried, as shares of the least loss


def slope(tokens: np.ndarray, losses: np.ndarray, floor: float = 0.0) -> float:
    """Exponent b of loss = floor + a tokens^-b, by least squares in the logarithms."""
    return float(-np.polyfit(np.log(tokens), np.log(losses - floor), 1)[0])


def shared_floor(curves: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """The floor above which all curves are closest to powers, each with its own two numbers.

    Args:
        curves: tokens and losses of each.
    """
    least = min(float(losses.min()) for _, losses in curves)

    def misfit(floor: float) -> float:
        total = 0.0
        for tokens, losses in curves:
            # Errors of the loss itself, to first order, so that no floor is preferred for stretching the logarithm.
            x, y, weight = np.log(tokens), np.log(losses - floor), losses - floor
            fitted = np.polyval(np.polyfit(x, y, 1, w=weight), x)
            total += float((((y - fitted) * weight) ** 2).sum())
        return total

    return float(min(FLOORS * least, key=misfit))


def points(table: pd.DataFrame, name: str, seed: int, most: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and losses of a training from `FROM` characters on, to `most` of them."""
    rows = table[(table["name"] == name) & (table["seed"] == seed)]
    rows = rows[(rows["tokens"] >= FROM) & (rows["tokens"] <= most)].sort_values("tokens")
    return rows["tokens"].to_numpy(float), rows["loss"].to_numpy(float)


def slope_ratios(table: pd.DataFrame, one: str = "energies", other: str = "transformer") -> pd.DataFrame:
    """A row a seed: slopes of both, and their ratio less one in percent, for a power and for one above a shared floor.

    Args:
        table: of `shelf.curves`.
        one: name of the trainings whose slope is divided.
        other: name of those by whose slope it is divided.
    """
    rows = []
    for seed in sorted(set(table.loc[table["name"] == one, "seed"]) & set(table.loc[table["name"] == other, "seed"])):
        both = [points(table, name, int(seed)) for name in (one, other)]
        floor = shared_floor(both)
        pure, above = ([slope(*curve, each) for curve in both] for each in (0.0, floor))
        rows.append(
            {
                "seed": seed,
                one: pure[0],
                other: pure[1],
                "floor": floor,
                f"{one}, above it": above[0],
                f"{other}, above it": above[1],
                "power": 100 * (pure[0] / pure[1] - 1),
                "power above a floor": 100 * (above[0] / above[1] - 1),
            }
        )
    return pd.DataFrame(rows).set_index("seed")
