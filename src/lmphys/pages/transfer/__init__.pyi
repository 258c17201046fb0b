from .held_out import as_interval as as_interval
from .held_out import by_task as by_task
from .model_transfer import enough_questions as enough_questions
from .model_transfer import transfer_models as transfer_models
from .transfer import deal_tasks as deal_tasks
from .transfer import single_map_surrogates as single_map_surrogates
from .transfer import transfer_matrix as transfer_matrix
