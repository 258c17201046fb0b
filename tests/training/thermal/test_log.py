import json

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.training.thermal.log import read_log

ROWS = [(10, 2.0, 1e-3), (20, 1.5, 5e-4), (30, 1.25, 1e-4)]


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def lines(rows, names=("step", "loss", "learning_rate")):
    return "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        "step,examples,loss,learning_rate\n" + "\n".join(f"{s},0,{x},{r}" for s, x, r in ROWS),
        "\ufeffiter; lr; train_loss\n" + "\n".join(f"{s}; {r}; {x}" for s, x, r in reversed(ROWS)),
        "global_step\tloss\tlr\n10\t9\t9\n" + "\n".join(f"{s}\t{x}\t{r}" for s, x, r in ROWS),
        lines(ROWS) + "\n" + lines([(30, 1.75)], ("step", "eval_loss")) + "\n",
        json.dumps([{"_step": s, "train": {"loss": x, "lr": r}} for s, x, r in ROWS]),
        json.dumps(
            {
                "epoch": 1,
                "log_history": [
                    *({"step": s, "loss": x, "learning_rate": r, "grad_norm": None} for s, x, r in ROWS),
                    {"step": 30, "train_runtime": 2.0, "train_loss": 1.6},
                ],
            },
            indent=1,
        ),
    ],
    ids=["own", "semicolons", "restart", "lines", "list", "trainer_state"],
)
def test_all_forms_give_one_log(tmp_path, text):
    log = read_log(write(tmp_path / "log", text))
    np.testing.assert_array_equal(np.stack([log.step, log.loss, log.rate], axis=1), ROWS)


def test_columns_can_be_named(tmp_path):
    file = write(tmp_path / "log.csv", "step,loss,nll,lr,lr2\n1,5,7,3,4\n2,5,6,3,5")
    log = read_log(file, loss="nll", rate="lr2")
    assert list(log.loss) == [7, 6] and list(log.rate) == [4, 5] and len(log) == 2


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("log.csv", " \n", "is empty; name the log of a training that has begun"),
        ("log.csv", "step,loss\n1,2", r"no column for the learning rate .* among step, loss; name it with --rate"),
        ("log.csv", "step,loss,lr\n1,2,\n2,,1", "no row with both a loss and a learning rate"),
        ("log.csv", "step,loss,lr\n1,2,1\n2,nan,1\n3,inf,1", "the loss at step 2 is 'nan' .2 of 3 rows hold no number"),
        ("log.jsonl", '{"step": 1, "loss": NaN, "lr": 1}', "the loss at step 1 is 'NaN'"),
        ("log.jsonl", '{"step": 1, "loss": 1', "is no log that can be read"),
        ("events.out.tfevents.1", "", "an event file of TensorBoard, .*; export it first"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path, name, text, told):
    with pytest.raises(LmphysError, match=told) as found:
        read_log(write(tmp_path / name, text))
    assert "\n" not in str(found.value)


def test_what_is_not_there_or_a_folder_is_said(tmp_path):
    with pytest.raises(LmphysError, match="No such file"):
        read_log(tmp_path / "none.csv")
    with pytest.raises(LmphysError, match="is a folder; name the log in it"):
        read_log(tmp_path)
