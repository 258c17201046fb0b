from .cost import cost as cost
