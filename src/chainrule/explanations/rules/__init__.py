"""The rule of a link, in symbols: a room's own derivative run on names, and the factors of a scalar chain."""
