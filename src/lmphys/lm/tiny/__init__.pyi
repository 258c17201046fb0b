from .config import TinyConfig as TinyConfig
from .model import TinyForCausalLM as TinyForCausalLM
from .tokenizer import character_tokenizer as character_tokenizer
from .tokenizer import word_tokenizer as word_tokenizer
