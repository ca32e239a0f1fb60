"""How the embedded streets are drawn; `tfhd.data.scenes` is the entry."""
