"""pix2pixHD for TensorFlow: label maps to photo-realistic pictures (Wang et al., CVPR 2018)."""

__version__ = "0.1.0"
