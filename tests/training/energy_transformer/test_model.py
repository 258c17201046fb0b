import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.lm.tiny import TinyForCausalLM
from lmphys.pages.energy_transformer.costs import Doubled
from lmphys.training.energy_transformer.model import EnergyTransformer
from lmphys.training.tiny.recipe import Shape

SHAPE = Shape(layers=2, width=16, heads=2)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return EnergyTransformer(SHAPE.config(11, 8)).double()


@pytest.fixture(scope="module")
def texts():
    return torch.randint(0, 11, (3, 7), generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def logits():
    return torch.randn(3, 7, 11, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def test_reading_the_text_once_gives_what_the_doubled_sequence_gives(model, texts, logits):
    doubled = Doubled(model.config).double()
    doubled.load_state_dict(model.state_dict())
    ours, theirs = (each.slopes(each.read(texts), logits) for each in (model, doubled))
    torch.testing.assert_close(ours[0], theirs[0], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-9, atol=1e-12)


def test_a_certain_guess_has_the_state_of_the_token_that_it_guesses(model, texts):
    """The state of a guess of the true token is that of a transformer that has read it: both see the same."""
    transformer = TinyForCausalLM(model.config).double()
    transformer.model.load_state_dict(model.body.state_dict())
    sure = torch.full((3, 6, 11), -1e4, dtype=torch.float64).scatter(-1, texts[:, 1:, None], 1e4)
    energies = model.energies(model.read(texts[:, :-1]), sure)
    states = transformer.model(input_ids=texts).last_hidden_state[:, 1:]
    torch.testing.assert_close(energies, model.energy(states)[..., 0], rtol=1e-6, atol=1e-6)


def test_slopes_are_those_of_differences(model, texts, logits):
    reading = model.read(texts)
    _, slopes = model.slopes(reading, logits)
    step = torch.zeros_like(logits)
    step[1, 4, 5] = 1e-5
    with torch.no_grad():
        up, down = (model.energies(reading, logits + sign * step) for sign in (1, -1))
    assert (up - down).sum() / 2e-5 == pytest.approx(slopes[1, 4, 5].item(), rel=1e-5)


def test_neither_what_is_to_come_nor_another_guess_changes_an_energy(model, texts, logits):
    other_text, other_guess = texts.clone(), logits.clone()
    other_text[:, 4:] = (other_text[:, 4:] + 1) % 11
    other_guess[:, [0, 1, 2, 4, 5, 6]] += 1.0
    before = model.energies(model.read(texts), logits)
    after = model.energies(model.read(other_text), other_guess)
    torch.testing.assert_close(after[:, 3], before[:, 3])
    assert (after[:, 4:] - before[:, 4:]).abs().min() > 0


def test_a_small_enough_step_leads_down_and_a_shift_of_all_logits_changes_nothing(model, texts, logits):
    way = model.descend(model.read(texts), logits, 5, torch.tensor(0.05, dtype=torch.float64))
    falls = torch.stack([place.energies for place in way]).diff(dim=0)
    assert (falls < 0).all()
    shifted = model.energies(model.read(texts), logits + 3.0)
    torch.testing.assert_close(shifted, way[0].energies)


def test_candidates_are_descended_as_if_each_were_alone(model, texts, logits):
    reading = model.read(texts)
    both = model.descend(reading, torch.stack([logits, -logits]), 2, torch.tensor(2.0, dtype=torch.float64))
    alone = model.descend(reading, -logits, 2, torch.tensor(2.0, dtype=torch.float64))
    torch.testing.assert_close(both[-1].logits[1], alone[-1].logits)
    torch.testing.assert_close(both[-1].energies[1], alone[-1].energies)


def test_the_step_size_is_that_of_the_model(model, texts, logits):
    way = model.descend(model.read(texts), logits, 1)
    slopes = model.slopes(model.read(texts), logits)[1]
    torch.testing.assert_close(way[1].logits, logits - model.log_step.exp() * slopes)


def test_a_model_comes_back_from_its_folder_in_float16(tmp_path):
    config = SHAPE.config(11, 8)
    one = EnergyTransformer(config)
    one.save(tmp_path)
    other = EnergyTransformer.load(tmp_path)
    for (name, weight), (again, found) in zip(one.named_parameters(), other.named_parameters(), strict=True):
        assert name == again and torch.equal(weight.half().float(), found)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(LmphysError, match="restore it"):
        EnergyTransformer.load(tmp_path)


def test_it_has_as_many_weights_as_a_transformer_and_one_vector():
    config = SHAPE.config(11, 8)
    n = sum(weight.numel() for weight in EnergyTransformer(config).parameters())
    assert n == config.n_parameters + config.hidden_size + 1


@pytest.mark.parametrize("shape", [Shape(position="none"), Shape(canon="A"), Shape(gated=False)])
def test_other_parts_are_refused(shape):
    with pytest.raises(LmphysError, match="change the shape"):
        EnergyTransformer(shape.config(11, 8))
