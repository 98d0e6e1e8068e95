"""Small broken programs in each framework, and the first finding of each."""
