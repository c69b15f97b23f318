"""How the scores of an index move through its years, told of every index that has enough of them."""
