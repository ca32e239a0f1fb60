import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.label_sets import load_label_set
from tfhd.readers import find_examples
from tfhd.readers.samples import load_sample, require_same_size


def test_a_sample_holds_what_the_files_hold(make_folder, make_config):
    example = find_examples(make_config(root=make_folder(3)).data, "train")[2]
    sample = load_sample(example, load_label_set("cityscapes"))
    assert (sample.label.dtype, sample.instance.dtype, sample.image.dtype) == (np.int32, np.int32, np.uint8)
    assert (sample.label == 2).all()
    assert (sample.instance == 60002).all()
    assert sample.image.shape == (16, 32, 3)


def test_sizes_are_told_as_width_by_height(tmp_path):
    with pytest.raises(InputError, match=r"a\.png is 3x2 \(width x height\) but its photo b\.png is 5x4; make both"):
        require_same_size("a.png", (2, 3), "b.png", (4, 5))
