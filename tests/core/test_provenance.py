import platform

from lmphys.core.devices import machine_kind
from lmphys.core.provenance import instructions, processor_kind


def test_the_kind_of_a_processor_is_its_widest_instructions_and_cores(monkeypatch):
    assert instructions({"sse2", "avx2", "fma"}) == "AVX2"
    assert instructions({"avx2", "avx512f"}) == "AVX-512"
    assert instructions({"avx2", "avx512f", "avx512_bf16"}) == "AVX-512 with bfloat16"
    assert instructions(set()) == platform.machine()
    monkeypatch.setenv("LMPHYS_DEVICE", "cpu")
    assert machine_kind() == processor_kind()
    assert processor_kind().endswith(" cores")
