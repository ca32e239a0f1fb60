import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.readers import READERS, DataSource
from tfhd.streets.scene import render_street

SOURCE = DataSource("", "cityscapes", 32, 64, street_count=10)


def test_validation_has_a_fifth_of_the_streets_and_one_at_least():
    assert [READERS["streets"](SOURCE, split).count for split in ("train", "val")] == [10, 2]
    assert READERS["streets"](DataSource("", "cityscapes", 32, 64, 1), "val").count == 1


def test_a_sample_is_the_rendered_street():
    reader = READERS["streets"](SOURCE, "val")
    sample, street = reader.load(1), render_street("val", 1, 32, 64)
    for got, expected in zip(sample[:3], (street.label, street.instance, street.image), strict=True):
        np.testing.assert_array_equal(got, expected)
    assert (sample.label.dtype, sample.instance.dtype) == (np.int32, np.int32)
    assert reader.name_of(1) == sample.source == "street 1 of val"
    assert reader.size_of(1) == sample.label.shape


def test_a_label_set_without_the_streets_classes_is_refused():
    with pytest.raises(InputError, match="street 0 of val: label values outside the label set 'camvid'"):
        READERS["streets"](DataSource("", "camvid", 32, 64, 5), "val").load(0)
