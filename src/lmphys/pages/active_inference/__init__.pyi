from .table import Table as Table
from .table import measure as measure
from .table import shipped as shipped
