from .live import learn as learn
from .models import knowers as knowers
from .scores import Answered as Answered
from .shelf import AnswerShelf as AnswerShelf
from .surveyed import Survey as Survey
from .surveyed import survey as survey
