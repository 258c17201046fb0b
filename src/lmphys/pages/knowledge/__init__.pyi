from .live import learn as learn
from .models import knowers as knowers
from .scores import Answered as Answered
from .shelf import AnswerShelf as AnswerShelf
from .survey import Survey as Survey
from .survey import survey as survey
