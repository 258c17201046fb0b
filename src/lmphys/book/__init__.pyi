from . import heatmaps as heatmaps
from . import plots as plots
from . import style as style
from .ledger import Entry as Entry
from .ledger import Ledger as Ledger
from .style import use_style as use_style
