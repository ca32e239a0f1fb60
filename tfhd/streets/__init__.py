"""How the embedded streets are drawn; `tfhd.streets.scene` is the entry."""
