"""The demo: an invented distributor, its customers and eighteen months of documents, from a fixed seed.

`generator.generate` gives the files, `cast.make_cast` the people and the company's choices about them.
"""
