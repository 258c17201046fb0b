from lmphys.book.scale import lacking_knowledge, lacking_transitions


def test_half_of_the_papers_transitions_are_enough():
    assert lacking_transitions(20_000) == ""
    assert lacking_transitions(1_184) == "1,184 transitions, where the paper has 40,000"


def test_the_lower_end_decides_whether_facts_are_known():
    assert lacking_knowledge(0.95, 0.8) == ""
    assert "AUROC of 0.90, lower end 0.79" in lacking_knowledge(0.9, 0.79)
