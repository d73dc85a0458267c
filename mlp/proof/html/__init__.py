"""Pages as HTML that stands by itself, with a mark on what is proved.

glyphs, mathml, markdown        signs, formulas and paragraphs as a browser draws them
font, book                      all of it self-contained
"""
