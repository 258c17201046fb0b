from .quenches import quench_all as quench_all
