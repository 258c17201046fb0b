from .paths import draw_paths as draw_paths
from .steps import READINGS as READINGS
from .steps import length_variation as length_variation
from .steps import step_ratios as step_ratios
