from .reversal import arrow_of_time as arrow_of_time
