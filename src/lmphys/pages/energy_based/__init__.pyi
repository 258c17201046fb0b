from .windows import shipped as shipped
