from .figures import draw_choice as draw_choice
from .figures import draw_leaks as draw_leaks
from .figures import draw_recovery as draw_recovery
from .leaks import leak_table as leak_table
from .recovery import recovery_curve as recovery_curve
from .verdicts import gain_entry as gain_entry
from .verdicts import r2_entry as r2_entry
from .verdicts import simulation_entries as simulation_entries
