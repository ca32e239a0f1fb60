"""`python -m train COMMAND`."""

from tfhd.command_line import import_tensorflow_quietly, run

import_tensorflow_quietly()

from train.evaluate import evaluate  # noqa: E402
from train.fit import fit  # noqa: E402
from train.styles import styles  # noqa: E402

run(
    "python -m train",
    "Trains pix2pixHD, clusters the styles that it learned, measures what it makes.",
    {"fit": fit, "styles": styles, "evaluate": evaluate},
)
