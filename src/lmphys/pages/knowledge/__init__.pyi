from .shelf import AnswerShelf as AnswerShelf
