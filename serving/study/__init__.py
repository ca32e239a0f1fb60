"""The perceptual study: people say which of two pictures looks more natural, as in the paper's section 4.2."""
